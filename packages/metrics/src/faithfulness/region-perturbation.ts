import { defineMetric, integerOption, type MetricContext, type MetricFactory, type MetricSubject } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { objectiveOption, orderOption, type RemovalOrder } from './options.ts';
import { sumOver } from './perturbation-curve.ts';
import { joinRegions, squareRegions } from './regions.ts';

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

/** The mean fall of the score over the curve, per sample, for one order of the regions. */
async function meanFall(subject: MetricSubject, order: 'morf' | 'lerf' | 'random', options: RegionPerturbationOptions, context: MetricContext): Promise<Float64Array> {
  const regions = squareRegions(subject, options.side);
  const orders = sumChannels(subject.values, subject.layout).maps.map((map, sample) => {
    const sums = Float64Array.from(regions, (region) => sumOver(map, region) * (order === 'lerf' ? -1 : 1));
    return joinRegions(regions, order === 'random' ? sampleStream(subject, sample, context.seed, 'region-perturbation').permutation(regions.length) : orderPixels(sums));
  });
  const remove = makeRemoval(subject, options.substrate, context.seed);
  const counts = sameForAll(subject, Math.min(options.regions, regions.length) + 1);
  const curves = await scoreVariants(subject, counts, (sample, count, image) => {
    const { pixels, ends } = orders[sample]!;
    remove(sample, pixels.subarray(0, ends[count]), image);
  }, options.objective, context);
  return Float64Array.from(curves, (curve) => curve.reduce((sum, value) => sum + curve[0]! - value, 0) / curve.length);
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
  paper: {
    authors: 'Samek, Binder, Montavon, Lapuschkin, Müller', year: 2017,
    title: 'Evaluating the Visualization of What a Deep Neural Network Has Learned', url: 'https://arxiv.org/abs/1509.06321',
  },
  needsMask: false,
  options: {
    side: integerOption(8, 1, 'Side of a region in pixels.'),
    regions: integerOption(100, 1, 'Most regions that are replaced.'),
    order: orderOption('morf'),
    substrate: substrateOption('uniform'),
    objective: objectiveOption('logit'),
  },
  score: async (subject, options, context) => {
    validateSubject(subject);
    const { order } = options;
    if (order === 'morf' || order === 'random') return meanFall(subject, order, options, context);
    const lerf = await meanFall(subject, 'lerf', options, context);
    if (order === 'lerf') return lerf.map((fall) => -fall);
    const morf = await meanFall(subject, 'morf', options, context);
    return morf.map((fall, sample) => (fall - lerf[sample]!) / 2);
  },
});
