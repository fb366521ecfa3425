import { PellucidError, sizeOf } from '@pellucid/core';
import type { io } from '@tensorflow/tfjs-core';

/** The files that hold the weights of a model, in their order. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly io.WeightsManifestEntry[];
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8, float16: 2, uint8: 1, uint16: 2 };

/** Bytes that a weight takes; undefined for strings, whose length only their bytes tell. */
export function bytesOf({ shape, dtype, quantization }: io.WeightsManifestEntry): number | undefined {
  const bytes = BYTES[quantization?.dtype ?? dtype];
  return bytes === undefined ? undefined : sizeOf(shape) * bytes;
}

function bytesOfAll({ weights }: WeightGroup): number | undefined {
  return weights.reduce<number | undefined>((sum, weight) => {
    const bytes = bytesOf(weight);
    return sum === undefined || bytes === undefined ? undefined : sum + bytes;
  }, 0);
}

/** Joins the bytes of a model's weight files. @throws MODEL_INVALID when they are not as long as the weights need. */
export function joinShards(model: string, groups: readonly WeightGroup[], shards: readonly (readonly Uint8Array[])[]): Uint8Array<ArrayBuffer> {
  groups.forEach((group, i) => {
    const expected = bytesOfAll(group);
    const actual = shards[i]!.reduce((sum, shard) => sum + shard.byteLength, 0);
    if (expected === undefined || expected === actual) return;
    throw new PellucidError('MODEL_INVALID', {
      model,
      format: 'a TensorFlow.js model',
      problem: `its weights take ${expected} bytes, but ${group.paths.join(', ')} ${group.paths.length === 1 ? 'has' : 'have'} ${actual}`,
      help: 'Copy the weight files again: one is cut short or belongs to another model.',
    });
  });
  const flat = shards.flat();
  const bytes = new Uint8Array(flat.reduce((sum, shard) => sum + shard.byteLength, 0));
  let offset = 0;
  for (const shard of flat) {
    bytes.set(shard, offset);
    offset += shard.byteLength;
  }
  return bytes;
}
