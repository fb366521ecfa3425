import * as tf from '@tensorflow/tfjs-core';

import { convolutionInputGradient } from '../kernels/conv2d-input-gradient.ts';
import { depthwiseConvolutionInputGradient } from '../kernels/depthwise-gradients.ts';
import { attributesOf } from '../kernels/fused-attributes.ts';
import { sumTo } from './sum-to.ts';

type Attributes = Pick<tf.Conv2DAttrs, 'strides' | 'pad' | 'dimRoundingMode' | 'dataFormat'> & {
  /** Layers leave it out where there is none. */
  readonly dilations: tf.Conv2DAttrs['dilations'] | null | undefined;
};

const isDilated = ({ dilations }: Attributes): boolean => [dilations ?? 1].flat().some((dilation) => dilation !== 1);

/** Whether no kernel takes it: none takes dilation, and TensorFlow's depthwise one no numbers as padding. */
const needsComposition = (attributes: Attributes, depthwise: boolean): boolean =>
  isDilated(attributes) || (depthwise && typeof attributes.pad !== 'string' && tf.getBackend() === 'tensorflow');

/** dx of a plain or depthwise convolution: by the engine's own kernel where one takes it. */
function inputGradient(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, attributes: Attributes, depthwise: boolean): tf.Tensor4D {
  const { strides, pad, dimRoundingMode, dataFormat } = attributes;
  if (dataFormat === 'NCHW') throw new Error('channels first together with fusing or dilation is not covered');
  const dilations = attributes.dilations ?? 1;
  if (!needsComposition(attributes, depthwise)) {
    const kernel = depthwise ? 'DepthwiseConv2dNativeBackpropInput' : 'Conv2DBackpropInput';
    const attrs = { strides, pad, dilations, dimRoundingMode, dataFormat, inputShape: x.shape };
    return tf.engine().runKernel(kernel, { dy, filter }, attrs as unknown as tf.NamedAttrMap);
  }
  const geometry = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, strides, dilations, pad, dimRoundingMode, depthwise);
  return depthwise ? depthwiseConvolutionInputGradient(dy, filter, geometry) : convolutionInputGradient(dy, filter, geometry);
}

/** Adds dilation to the gradient of a convolution; everything else stays with the one that ships. */
export const dilatedConvolution = (depthwise: boolean) => (shipped: tf.GradConfig | undefined): tf.GradConfig => {
  if (shipped === undefined) throw new Error('internal: the library ships this gradient');
  return {
    ...shipped,
    gradFunc: (dy, saved, attrs) => {
      const attributes = attrs as unknown as Attributes;
      if (!needsComposition(attributes, depthwise)) return shipped.gradFunc(dy, saved, attrs);
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return { x: () => inputGradient(dy as tf.Tensor4D, x, filter, attributes, depthwise) };
    },
  };
};

/**
 * A fused convolution without activation: with one, it runs as separate operations while gradients are recorded. The gradient that ships
 * computes that of the filter whether anybody asks or not, and refuses dilation. Inputs are numbered: 0 is x, 2 what is added.
 */
export const fusedConvolution = (kernelName: string, depthwise: boolean) => (): tf.GradConfig => ({
  kernelName,
  gradFunc: (dy, saved) => {
    const [filter, x, y, bias] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor?];
    const dx = (): tf.Tensor4D => inputGradient(dy as tf.Tensor4D, x, filter, attributesOf(y) as unknown as Attributes, depthwise);
    return { 0: dx, ...(bias && { 2: () => sumTo(dy as tf.Tensor, bias.shape) }) };
  },
});
