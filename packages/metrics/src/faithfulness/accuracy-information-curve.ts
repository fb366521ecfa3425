import { argmax, defineMetric, type MetricFactory } from '@pellucid/core';
import { informationCurves, informationCurveOptions, XRAI, type InformationCurveOptions } from './information-curve.ts';

/**
 * Accuracy information curve (AIC): area under [the target is predicted] over the information of images onto whose blur the pixels of highest
 * value come back. Information is the length of a lossless code. Higher is better, 0 to 1; NaN where the target is not predicted for the
 * whole image, or that holds no more information than its blur. steps + 1 forward passes per sample.
 * @see {@link https://arxiv.org/abs/1906.02825 | Kapishnikov et al. 2019}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const accuracyInformationCurve: MetricFactory<InformationCurveOptions> = defineMetric<InformationCurveOptions>({
  name: 'accuracy-information-curve',
  title: 'Accuracy information curve (AIC)',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'As the softmax information curve, of whether the target is predicted: area under [argmax = target] over (H − H_blur)/(H_whole − H_blur), the curve never falling.',
  range: [0, 1],
  cost: '`steps` + 1 forward passes.',
  noScore: 'The target is not predicted for the whole image, or that holds no more information than its blur.',
  limits: 'What the softmax information curve cannot tell; a step function per sample is coarse: average over many.',
  paper: XRAI,
  needsMask: false,
  curve: { horizontal: 'share of the information', vertical: 'whether the target is predicted' },
  options: informationCurveOptions,
  curves: (subject, options, context) => informationCurves(subject, options, context, (logits, sample) => {
    const right = logits.map((row) => (argmax(row) === subject.targets[sample] ? 1 : 0));
    return right.at(-1) === 0 ? undefined : right;
  }),
});
