import * as tf from '@tensorflow/tfjs-core';

/** What the engine hands over of the gradients of several results: where there is one, no list. */
const listOf = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(dy) ? dy : [dy]);

/** The layers of a tensor along an axis, put back together. The gradient that ships fails where there is one. */
export const unpackGradient: tf.GradConfig = {
  kernelName: 'Unpack',
  gradFunc: (dy, _, attrs) => {
    const { axis } = attrs as unknown as tf.UnpackAttrs;
    return { value: () => tf.stack(listOf(dy), axis) };
  },
};

/** The parts of a tensor along an axis, put back together. The gradient that ships fails where there is one. */
export const splitGradient: tf.GradConfig = {
  kernelName: 'SplitV',
  gradFunc: (dy, _, attrs) => {
    const { axis } = attrs as unknown as tf.SplitVAttrs;
    return { x: () => tf.concat(listOf(dy), axis) };
  },
};
