import { defineMetric, type MetricFactory } from '@pellucid/core';
import { validateSubject } from '../subject/validate-subject.ts';
import { steppedOptions, type SteppedOptions } from './options.ts';
import { perturbationCurves } from './perturbation-curve.ts';

/**
 * Pixel flipping: the score f_k of the target after the k-th of n equal groups of pixels was replaced, highest values first, all of them
 * cumulatively; averaged by the trapezoid rule from f_0 to f_n. Lower is better; the range is that of the logit (or of a probability).
 * n + 1 forward passes per sample.
 * @see {@link https://doi.org/10.1371/journal.pone.0130140 | Bach et al. 2015}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const pixelFlipping: MetricFactory<SteppedOptions> = defineMetric<SteppedOptions>({
  name: 'pixel-flipping',
  title: 'Pixel flipping',
  category: 'faithfulness',
  direction: 'lower',
  equation: 'As deletion, of the target\'s logit *f_k* (or probability): (Σ_{k=0..n} f_k − (f_0 + f_n)/2) / n.',
  range: [-Infinity, Infinity],
  cost: '`steps` + 1 forward passes.',
  limits: 'Logits of different networks have different scales: compare methods, not networks.',
  paper: {
    authors: 'Bach, Binder, Montavon, Klauschen, Müller, Samek', year: 2015,
    title: 'On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation',
    url: 'https://doi.org/10.1371/journal.pone.0130140',
  },
  needsMask: false,
  curve: { horizontal: 'share of pixels removed', vertical: 'score of the target' },
  options: steppedOptions(),
  curves: (subject, options, context) => {
    validateSubject(subject);
    return perturbationCurves(subject, { first: 'highest', towards: 'substrate', ...options }, context);
  },
});
