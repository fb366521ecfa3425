import { defineMetric, type MetricFactory } from '@pellucid/core';
import { scoreOf } from '../subject/variants.ts';
import { informationCurves, informationCurveOptions, XRAI, type InformationCurveOptions } from './information-curve.ts';

/**
 * Softmax information curve (SIC): area under (p - p_blurred) / (p_whole - p_blurred), clipped to 0 to 1, over the information of images onto
 * whose blur the pixels of highest value come back. Information is the length of a lossless code. Higher is better, 0 to 1; NaN where the
 * whole image is no more probable or holds no more information than its blur. steps + 1 forward passes per sample.
 * @see {@link https://arxiv.org/abs/1906.02825 | Kapishnikov et al. 2019}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const softmaxInformationCurve: MetricFactory<InformationCurveOptions> = defineMetric<InformationCurveOptions>({
  name: 'softmax-information-curve',
  title: 'Softmax information curve (SIC)',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Pixels come back onto the blurred image; area under (p − p_blur)/(p_whole − p_blur) over (H − H_blur)/(H_whole − H_blur), both clipped to 0 to 1, the curve never falling. *H* is the length of an ideal code for the errors of the JPEG-LS predictor at 256 levels: the same on every platform, where the paper takes the size of a file.',
  range: [0, 1],
  cost: '`steps` + 1 forward passes.',
  noScore: 'The whole image is not more probable, or holds no more information, than its blur.',
  limits: 'How the image is cut up changes its information: compact maps are favoured.',
  paper: XRAI,
  needsMask: false,
  curve: { horizontal: 'share of the information', vertical: 'share of the gain in the probability of the target' },
  options: informationCurveOptions,
  curves: (subject, options, context) => informationCurves(subject, options, context, (logits, sample) => {
    const probabilities = logits.map((row) => scoreOf('probability', subject.targets[sample]!, row));
    const [blurred, whole] = [probabilities[0]!, probabilities[probabilities.length - 1]!];
    if (whole <= blurred) return undefined;
    return probabilities.map((value) => Math.min(Math.max((value - blurred) / (whole - blurred), 0), 1));
  }),
});
