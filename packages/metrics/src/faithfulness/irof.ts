import { defineMetric, integerOption, sampleData, superpixels, type MetricFactory } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { scoreVariants } from '../subject/variants.ts';
import { areaUnderCurve, equalPositions, resampleCurve, sumOver } from './perturbation-curve.ts';
import { joinRegions } from './regions.ts';

/** Options of IROF. */
export interface IrofOptions {
  /** About how many superpixels an image is cut into. @defaultValue 64 */
  readonly segments: number;
  /** What a pixel of a segment that is taken away holds. @defaultValue 'mean' */
  readonly substrate: Substrate;
}

/** Lists the pixels of every label. */
function segmentsOf(labels: Int32Array): Uint32Array[] {
  const lists: number[][] = [];
  labels.forEach((label, pixel) => (lists[label] ??= []).push(pixel));
  return lists.filter((list) => list.length > 0).map((list) => Uint32Array.from(list));
}

/**
 * IROF: superpixels go in the order of their mean value, the highest first; with p_k the target's probability without the first k of n, the
 * score is 1 - area of p_k / p_0 from k = 0 to n by the trapezoid rule over the unit interval: 0 for a constant model. Higher is better, at most 1. n + 1
 * forward passes per sample.
 * @see {@link https://arxiv.org/abs/2003.08747 | Rieger and Hansen 2020}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const irof: MetricFactory<IrofOptions> = defineMetric<IrofOptions>({
  name: 'irof',
  title: 'IROF',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Superpixels in the order of their means go to the mean colour: 1 − (Σ_{k=0..n} q_k − (q_0 + q_n)/2) / n with *q_k = p_k / p_0*; 0 for a constant model.',
  range: [-Infinity, 1],
  cost: 'A forward pass per superpixel and one more.',
  limits: 'Superpixels follow colours: maps that do so as well are favoured.',
  paper: {
    authors: 'Rieger, Hansen', year: 2020, title: 'IROF: a low resource evaluation metric for explanation methods', url: 'https://arxiv.org/abs/2003.08747',
  },
  needsMask: false,
  curve: { horizontal: 'share of superpixels removed', vertical: 'probability of the target over that of the whole image' },
  options: {
    segments: integerOption(64, 1, 'About how many superpixels an image is cut into.'),
    substrate: substrateOption('mean'),
  },
  curves: async (subject, { segments, substrate }, context) => {
    validateSubject(subject);
    const { input, model } = subject;
    const orders = sumChannels(subject.values, subject.layout).maps.map((map, sample) => {
      const regions = segmentsOf(superpixels(sampleData(input, sample), input.shape, model.input.layout, segments));
      const means = Float64Array.from(regions, (region) => sumOver(map, region) / region.length);
      return joinRegions(regions, orderPixels(means));
    });
    const remove = makeRemoval(subject, substrate, context.seed);
    const probabilities = await scoreVariants(subject, orders.map(({ ends }) => ends.length), (sample, count, image) => {
      const { pixels, ends } = orders[sample]!;
      remove(sample, pixels.subarray(0, ends[count]), image);
    }, 'probability', context);
    // A probability that single precision rounds to 0 leaves nothing to fall.
    const own = probabilities.map((curve) => curve.map((value) => (curve[0] === 0 ? 1 : value / curve[0]!)));
    // Every image has a number of superpixels of its own.
    const at = equalPositions(segments);
    const curves = own.map((curve) => resampleCurve(equalPositions(curve.length - 1), curve, at));
    return { scores: Float64Array.from(own, (curve) => 1 - areaUnderCurve(curve)), at, curves };
  },
});
