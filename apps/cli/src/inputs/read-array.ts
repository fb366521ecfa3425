import { readFile } from 'node:fs/promises';
import { decodeNpy, validateBatch, type Tensor, type TensorSpec } from '@pellucid/core';
import type { InputFile } from './list-inputs.ts';

/**
 * Reads a `.npy` file as a batch for a model; an array without batch axis is one sample. The values are used as they are.
 * @throws DATA_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE.
 */
export async function readArray({ path, shown }: InputFile, spec: TensorSpec): Promise<Tensor> {
  const array = decodeNpy(await readFile(path), shown);
  const isSample = array.shape.length === spec.shape.length - 1;
  const batch = isSample ? { shape: [1, ...array.shape], data: array.data } : array;
  validateBatch(batch, spec, `array \`${shown}\``);
  return batch;
}
