import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

interface Parameter {
  readonly read: () => tf.Tensor;
}

/** The parts of the layer that have no public type. */
interface DepthwiseConvolution extends layers.Layer {
  kernelSize: readonly number[];
  readonly depthwiseKernel: Parameter;
  readonly bias?: Parameter | null;
  readonly activation?: { readonly apply: (value: tf.Tensor) => tf.Tensor } | null;
  readonly strides: [number, number];
  readonly dilationRate: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dataFormat: string;
}

interface Prototype {
  call: layers.Layer['call'];
  computeOutputShape: layers.Layer['computeOutputShape'];
  [REPAIRED]?: boolean;
}

const REPAIRED = Symbol.for('pellucid.depthwise-convolution');

const isDilated = ({ dilationRate }: DepthwiseConvolution): boolean => dilationRate.some((rate) => rate !== 1);

function convolve(layer: DepthwiseConvolution, input: tf.Tensor): tf.Tensor {
  const { depthwiseKernel, bias, activation, strides, dilationRate, padding, dataFormat } = layer;
  const channelsFirst = dataFormat === 'channelsFirst';
  const x = channelsFirst ? tf.transpose(input, [0, 2, 3, 1]) : input;
  const product = tf.depthwiseConv2d(x as tf.Tensor4D, depthwiseKernel.read() as tf.Tensor4D, strides, padding, 'NHWC', dilationRate);
  const sum = bias ? tf.add(product, bias.read()) : product;
  const result = channelsFirst ? tf.transpose(sum, [0, 3, 1, 2]) : sum;
  return activation ? activation.apply(result) : result;
}

/** Makes `DepthwiseConv2D` layers dilate: the layer that ships leaves the rate out of its values and of its shape. To be called any number of times. */
export function repairDepthwiseConvolution(): void {
  const prototype = Object.getPrototypeOf(layers.depthwiseConv2d({ kernelSize: 1 })) as Prototype;
  if (prototype[REPAIRED] === true) return;
  const { call, computeOutputShape } = prototype;
  prototype.call = function dilated(this: DepthwiseConvolution, inputs, kwargs) {
    const [input] = Array.isArray(inputs) ? inputs : [inputs];
    return isDilated(this) && input !== undefined ? tf.tidy(() => convolve(this, input)) : call.call(this, inputs, kwargs);
  };
  prototype.computeOutputShape = function dilated(this: DepthwiseConvolution, inputShape) {
    const { kernelSize } = this;
    // A dilated window reaches as far as a larger one.
    this.kernelSize = kernelSize.map((size, axis) => (size - 1) * this.dilationRate[axis]! + 1);
    try {
      return computeOutputShape.call(this, inputShape);
    } finally {
      this.kernelSize = kernelSize;
    }
  };
  prototype[REPAIRED] = true;
}
