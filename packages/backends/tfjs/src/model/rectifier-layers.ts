import * as tf from '@tensorflow/tfjs-core';

import { withActivation, type Activation, type Layer } from './layers-tree.ts';

/** A rectifier with a ceiling of six as one operation. */
const RELU6: Activation = { apply: (value) => tf.relu6(value), getClassName: () => 'relu6' };

/** Whether a layer is `ReLU` with a ceiling of six. */
const isRelu6 = (layer: Layer): boolean => layer.getClassName() === 'ReLU' && layer.getConfig()['maxValue'] === 6;

/** Computes a layer with its rectifier as one operation: those of TensorFlow.js with a ceiling of six run two, as Keras' do not. */
export function withOneRectifier(layer: Layer, inputs: readonly tf.Tensor[], compute: () => tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  if (isRelu6(layer)) return tf.relu6(inputs[0]!);
  return layer.activation?.getClassName() === 'relu6' ? withActivation(layer, RELU6, compute) : compute();
}

/** What a layer applies to its result, applied to a value. */
export function activate({ activation }: Layer, value: tf.Tensor): tf.Tensor {
  return (activation?.getClassName() === 'relu6' ? RELU6 : activation)?.apply(value) ?? value;
}
