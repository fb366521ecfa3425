import { PellucidError, sizeOf } from '@pellucid/core';
import type { io } from '@tensorflow/tfjs-core';

import { bytesOf } from './weight-shards.ts';

/** The place of the first value that is not a number; -1 where all are. */
export function findNaN(values: ArrayLike<number>): number {
  // A loop: every weight of every model passes here, and `findIndex` takes several times as long.
  let index = 0;
  while (index < values.length && !Number.isNaN(values[index])) index++;
  return index < values.length ? index : -1;
}

/** Finds the first value of a weight that is not a number; -1 where all are. Infinities are left alone: masks hold them. */
function findInBytes({ dtype, quantization }: io.WeightsManifestEntry, bytes: Uint8Array<ArrayBuffer>): number {
  if (quantization?.dtype === 'float16') {
    const halves = new Uint16Array(bytes.slice().buffer);
    // All exponent bits set and any bit of the fraction.
    return halves.findIndex((half) => (half & 0x7fff) > 0x7c00);
  }
  if (dtype !== 'float32' || quantization !== undefined) return -1;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return findNaN(new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4));
}

/** The error for a weight that holds NaN, which would spread silently through every value. */
export function notANumber(model: string, weight: string, index: number): PellucidError {
  return new PellucidError('MODEL_INVALID', {
    model,
    format: 'a TensorFlow.js model',
    problem: `its weight \`${weight}\` holds NaN at index ${index}`,
    help: 'The training diverged, or the file is damaged: save the model again from a state in which its weights are numbers.',
  });
}

/** @throws MODEL_INVALID when a weight among these bytes holds NaN. */
export function checkNumbers(model: string, weights: readonly io.WeightsManifestEntry[], bytes: Uint8Array<ArrayBuffer>): void {
  let offset = 0;
  for (const weight of weights) {
    const length = bytesOf(weight);
    // Strings tell their length only by their bytes: what follows them cannot be found without decoding.
    if (length === undefined) return;
    const index = sizeOf(weight.shape) === 0 ? -1 : findInBytes(weight, bytes.subarray(offset, offset + length));
    if (index >= 0) throw notANumber(model, weight.name, index);
    offset += length;
  }
}
