import { defineMetric, integerOption, type MetricContext, type MetricCurves, type MetricFactory, type MetricSubject } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { objectiveOption } from './options.ts';
import { sumOver, summarise } from './perturbation-curve.ts';
import { joinRegions, squareRegions } from './regions.ts';
import { orderOption, turnFalls, type RemovalOrder, type SingleOrder } from './removal-order.ts';

/** Options of region perturbation. */
export interface RegionPerturbationOptions {
  /** Side of a region in pixels. @defaultValue 8 */
  readonly side: number;
  /** Most regions that are replaced. @defaultValue 100 */
  readonly regions: number;
  /** Most relevant first (`morf`), least relevant first (`lerf`), half the sum of both scores, or `random` as a control. @defaultValue 'morf' */
  readonly order: RemovalOrder;
  /** What a replaced pixel holds. @defaultValue 'uniform' */
  readonly substrate: Substrate;
  /** @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/** The falls of the score, f_0 - f_k, per sample, for one order of the regions; over the share of regions, with their mean. */
async function falls(subject: MetricSubject, order: SingleOrder, options: RegionPerturbationOptions, context: MetricContext): Promise<MetricCurves> {
  const regions = squareRegions(subject, options.side);
  const orders = sumChannels(subject.values, subject.layout).maps.map((map, sample) => {
    const sums = Float64Array.from(regions, (region) => sumOver(map, region) * (order === 'lerf' ? -1 : 1));
    return joinRegions(regions, order === 'random' ? sampleStream(subject, sample, context.seed, 'region-perturbation').permutation(regions.length) : orderPixels(sums));
  });
  const remove = makeRemoval(subject, options.substrate, context.seed);
  const most = Math.min(options.regions, regions.length);
  const scores = await scoreVariants(subject, sameForAll(subject, most + 1), (sample, count, image) => {
    const { pixels, ends } = orders[sample]!;
    remove(sample, pixels.subarray(0, ends[count]), image);
  }, options.objective, context);
  const at = Array.from({ length: most + 1 }, (_, count) => count / regions.length);
  return summarise(at, scores.map((row) => row.map((value) => row[0]! - value)), (curve) => curve.reduce((sum, fall) => sum + fall, 0) / curve.length);
}

/**
 * Region perturbation: the area over the MoRF curve, AOPC = 1 / (L + 1) sum_{k=0..L} (f_0 - f_k), where the k regions of the highest sums are
 * replaced. `lerf` takes the lowest first and gives -AOPC; `combined` is half the sum of both, half the area between the curves;
 * `random` gives the AOPC of a random order, whatever the map. Higher is better; no bounds but those of the logit. L + 1 forward
 * passes per sample and order.
 * @see {@link https://arxiv.org/abs/1509.06321 | Samek et al. 2017}, eq. 12
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const regionPerturbation: MetricFactory<RegionPerturbationOptions> = defineMetric<RegionPerturbationOptions>({
  name: 'region-perturbation',
  title: 'Region perturbation (AOPC)',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Square regions go in the order of their sums; AOPC = 1/(L+1) Σ_{k=0..L} (f_0 − f_k). `order`: `morf`; `lerf` (lowest first, −AOPC); `combined` (half the sum of both); `random` (a control, whatever the map).',
  range: [-Infinity, Infinity],
  cost: 'L + 1 forward passes per order.',
  limits: 'Uniform noise in a region is a new pattern: the network may react to its edges.',
  paper: {
    authors: 'Samek, Binder, Montavon, Lapuschkin, Müller', year: 2017,
    title: 'Evaluating the Visualization of What a Deep Neural Network Has Learned', url: 'https://arxiv.org/abs/1509.06321',
  },
  needsMask: false,
  curve: { horizontal: 'share of regions removed', vertical: 'fall of the score of the target, turned so that higher is better' },
  options: {
    side: integerOption(8, 1, 'Side of a region in pixels.'),
    regions: integerOption(100, 1, 'Most regions that are replaced.'),
    order: orderOption('morf'),
    substrate: substrateOption('uniform'),
    objective: objectiveOption('logit'),
  },
  curves: (subject, options, context) => {
    validateSubject(subject);
    return turnFalls(options.order, (order) => falls(subject, order, options, context));
  },
});
