import { defineMetric, numberOption, sampleData, type MetricFactory } from '@pellucid/core';
import { makeRemoval, substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { sameForAll, scoreVariants } from '../subject/variants.ts';

/** Options of completeness. */
export interface CompletenessOptions {
  /** The image that the map is relative to. @defaultValue 'zero' */
  readonly baseline: Substrate;
  /** A gap of at most this share of the larger logit is rounding and counts as 0. @defaultValue 0.000001 */
  readonly tolerance: number;
}

/**
 * Completeness: |sum a - (f(x) - f(baseline))| / |f(x) - f(baseline)| with the target's logit f. Gaps up to the tolerance, relative to the larger of
 * |f(x)| and |f(baseline)|, are 0; where the logits do not differ beyond it, the gap is relative to that larger logit. Lower is better, from
 * 0. Two forward passes.
 * @see {@link https://arxiv.org/abs/1703.01365 | Sundararajan et al. 2017}, section 3
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const completeness: MetricFactory<CompletenessOptions> = defineMetric<CompletenessOptions>({
  name: 'completeness',
  title: 'Completeness',
  category: 'axiom',
  direction: 'lower',
  equation: 'abs(Σ a − (f(x) − f(baseline))) / abs(f(x) − f(baseline)); up to `tolerance` × the larger logit it is 0.',
  range: [0, Infinity],
  cost: 'Two forward passes.',
  limits: 'Maps that promise no completeness (gradients, class activation maps) fail by design.',
  paper: { authors: 'Sundararajan, Taly, Yan', year: 2017, title: 'Axiomatic Attribution for Deep Networks', url: 'https://arxiv.org/abs/1703.01365' },
  needsMask: false,
  options: {
    baseline: substrateOption('zero'),
    tolerance: numberOption(1e-6, 0, 1, 'A gap of at most this share of the larger logit is rounding and counts as 0.'),
  },
  score: async (subject, { baseline, tolerance }, context) => {
    validateSubject(subject);
    const remove = makeRemoval(subject, baseline, context.seed);
    const { layout, shape } = { layout: subject.model.input.layout, shape: subject.input.shape };
    const pixels = layout === 'NHWC' ? shape[1]! * shape[2]! : shape[2]! * shape[3]!;
    const all = Uint32Array.from({ length: pixels }, (_, pixel) => pixel);
    const scores = await scoreVariants(subject, sameForAll(subject, 2), (sample, variant, image) => {
      if (variant === 1) remove(sample, all, image);
    }, 'logit', context);
    return Float64Array.from(scores, ([whole = 0, empty = 0], sample) => {
      const sum = sampleData(subject.values, sample).reduce((a, b) => a + b, 0);
      const [change, larger] = [Math.abs(whole - empty), Math.max(Math.abs(whole), Math.abs(empty))];
      const gap = Math.abs(sum - (whole - empty));
      if (gap <= tolerance * larger) return 0;
      return gap / (change > tolerance * larger ? change : Math.max(larger, Number.MIN_VALUE));
    });
  },
});
