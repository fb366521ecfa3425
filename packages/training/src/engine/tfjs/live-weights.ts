import type { Tensor } from '@pellucid/core';
import type { TfjsEngine } from '@pellucid/backend-tfjs';
import type * as Core from '@tensorflow/tfjs-core';

/** Weights on an engine, open to change. */
export interface LiveWeights {
  readonly variables: ReadonlyMap<string, Core.Variable>;
  /** The values as they are now. */
  readonly read: () => ReadonlyMap<string, Tensor>;
  /** Frees them. */
  readonly dispose: () => void;
}

/** Puts weights on the engine. Call this and its functions inside `exclusive`. */
export function placeWeights({ tf }: TfjsEngine, weights: ReadonlyMap<string, Tensor>): LiveWeights {
  const variables = new Map<string, Core.Variable>();
  for (const [name, { shape, data }] of weights) {
    variables.set(name, tf.tidy(() => tf.variable(tf.tensor(data, [...shape]))));
  }
  return {
    variables,
    read: () => {
      const values = new Map<string, Tensor>();
      // A copy: some engines give a view of their own memory.
      for (const [name, variable] of variables) values.set(name, { shape: [...variable.shape], data: Float32Array.from(variable.dataSync<'float32'>()) });
      return values;
    },
    dispose: () => {
      for (const variable of variables.values()) variable.dispose();
    },
  };
}
