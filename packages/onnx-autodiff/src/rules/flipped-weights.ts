import { tensorShape, tensorValues, type TensorProto } from '@pellucid/onnx-graph';

/** Weights of a convolution, rearranged. */
export interface FlippedWeights {
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array;
}

/** Weights [O, C/g, k...] as [C, O/g, k...], every spatial axis reversed. */
export function flipWeights(weights: TensorProto, groups: number): FlippedWeights {
  const values = tensorValues(weights);
  const [outputs = 0, perGroup = 0, ...kernel] = tensorShape(weights);
  const taps = kernel.reduce((product, length) => product * length, 1);
  const outputsPerGroup = outputs / groups;
  const flipped = values instanceof Float64Array ? new Float64Array(values.length) : new Float32Array(values.length);
  for (let group = 0; group < groups; group++) {
    for (let output = 0; output < outputsPerGroup; output++) {
      for (let input = 0; input < perGroup; input++) {
        const from = ((group * outputsPerGroup + output) * perGroup + input) * taps;
        const to = ((group * perGroup + input) * outputsPerGroup + output) * taps;
        // Reversing all spatial axes reverses the taps in row-major order.
        for (let tap = 0; tap < taps; tap++) flipped[to + taps - 1 - tap] = values[from + tap]!;
      }
    }
  }
  return { shape: [perGroup * groups, outputsPerGroup, ...kernel], values: flipped };
}

const MADE = new WeakMap<TensorProto, Map<number, FlippedWeights>>();

/** As `flipWeights`, made once for each tensor: all derivatives of a model share them. */
export function flippedWeights(weights: TensorProto, groups: number): FlippedWeights {
  const ofTensor = MADE.get(weights) ?? new Map<number, FlippedWeights>();
  MADE.set(weights, ofTensor);
  const flipped = ofTensor.get(groups) ?? flipWeights(weights, groups);
  ofTensor.set(groups, flipped);
  return flipped;
}
