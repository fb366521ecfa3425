import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/** The parts of the layer that have no public type. */
interface Parameter {
  readonly read: () => tf.Tensor;
}

interface BatchNormalization extends layers.Layer {
  gamma?: Parameter;
  beta?: Parameter;
  readonly movingMean: Parameter;
}

type Call = layers.Layer['call'];

const REPAIRED = Symbol.for('pellucid.batch-normalization');

/**
 * Lets `BatchNormalization` layers without scale or center be trained: in training, the layer that ships reads the parameters that it
 * does not have. They get the values that change nothing. To be called any number of times.
 */
export function repairBatchNormalization(): void {
  const prototype = Object.getPrototypeOf(layers.batchNormalization()) as { call: Call; [REPAIRED]?: boolean };
  if (prototype[REPAIRED] === true) return;
  const shipped = prototype.call;
  prototype.call = function call(this: BatchNormalization, inputs, kwargs) {
    if (kwargs['training'] !== true || (this.gamma !== undefined && this.beta !== undefined)) return shipped.call(this, inputs, kwargs);
    const { gamma, beta } = this;
    return tf.tidy(() => {
      const { shape } = this.movingMean.read();
      this.gamma ??= { read: () => tf.ones(shape) };
      this.beta ??= { read: () => tf.zeros(shape) };
      try {
        return shipped.call(this, inputs, kwargs);
      } finally {
        if (gamma === undefined) delete this.gamma;
        if (beta === undefined) delete this.beta;
      }
    });
  };
  prototype[REPAIRED] = true;
}
