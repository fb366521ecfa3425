import { defineMetric, integerOption, type MetricFactory } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { objectiveOption } from './options.ts';
import { areaUnderCurve, equalPositions, sumOver, summarise } from './perturbation-curve.ts';
import { joinRegions, squareRegions } from './regions.ts';

/** Options of selectivity. */
export interface SelectivityOptions {
  /** Side of a patch in pixels. @defaultValue 8 */
  readonly side: number;
  /** What a replaced pixel holds. @defaultValue 'zero' */
  readonly substrate: Substrate;
  /** @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/**
 * Selectivity: patches go in the order of their sums, the highest first, until none is left; the mean of the target's score over the curve
 * by the trapezoid rule, the whole image included. Lower is better; the range is that of the logit. A forward pass per patch and one more.
 * @see {@link https://arxiv.org/abs/1706.07979 | Montavon et al. 2018}, section 6.2
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const selectivity: MetricFactory<SelectivityOptions> = defineMetric<SelectivityOptions>({
  name: 'selectivity',
  title: 'Selectivity',
  category: 'faithfulness',
  direction: 'lower',
  equation: 'Patches go in the order of their sums until none of *n* is left: (Σ_{k=0..n} f_k − (f_0 + f_n)/2) / n.',
  range: [-Infinity, Infinity],
  cost: 'A forward pass per patch and one more.',
  limits: 'What deletion cannot tell; patches hide detail below their side.',
  paper: {
    authors: 'Montavon, Samek, Müller', year: 2018, title: 'Methods for Interpreting and Understanding Deep Neural Networks', url: 'https://arxiv.org/abs/1706.07979',
  },
  needsMask: false,
  curve: { horizontal: 'share of patches removed', vertical: 'score of the target' },
  options: {
    side: integerOption(8, 1, 'Side of a patch in pixels.'),
    substrate: substrateOption('zero'),
    objective: objectiveOption('logit'),
  },
  curves: async (subject, { side, substrate, objective }, context) => {
    validateSubject(subject);
    const regions = squareRegions(subject, side);
    const orders = sumChannels(subject.values, subject.layout).maps.map((map) =>
      joinRegions(regions, orderPixels(Float64Array.from(regions, (region) => sumOver(map, region)))));
    const remove = makeRemoval(subject, substrate, context.seed);
    const curves = await scoreVariants(subject, sameForAll(subject, regions.length + 1), (sample, count, image) => {
      const { pixels, ends } = orders[sample]!;
      remove(sample, pixels.subarray(0, ends[count]), image);
    }, objective, context);
    return summarise(equalPositions(regions.length), curves, areaUnderCurve);
  },
});
