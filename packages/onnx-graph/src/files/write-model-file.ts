import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPellucidError, PellucidError } from '@pellucid/core';
import { replaceParts } from '../graph/edit-graph.ts';
import type { OnnxModel } from '../model/onnx-model.ts';
import { modelChunks, rawChunk, type Chunk } from '../model/write-model.ts';
import { externalTensor } from '../tensor/external-data.ts';
import { rawLength } from '../tensor/file-tensor.ts';

/** A model with more bytes of weights is written with external data: 1 GiB, half of what a protobuf message may hold. */
export const EXTERNAL_ABOVE: number = 2 ** 30;

/** Smaller tensors stay in the model's file, where shape inference reads them. */
const SMALLEST_EXTERNAL = 1024;

/** Moves large weights out of a model: the model that refers to them, and their bytes in the order of their offsets. */
function splitWeights(model: OnnxModel, location: string): { readonly small: OnnxModel; readonly data: readonly Chunk[] } {
  const data: Chunk[] = [];
  let offset = 0;
  const initializer = model.graph.initializer.map((tensor) => {
    const length = rawLength(tensor);
    if (length < SMALLEST_EXTERNAL) return tensor;
    data.push(rawChunk(tensor));
    offset += length;
    return externalTensor(tensor, { location, offset: offset - length, length });
  });
  return { small: replaceParts(model, { initializer }), data };
}

async function writeChunks(path: string, chunks: readonly Chunk[]): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    for (const { bytes } of chunks) await file.writeFile(bytes());
  } finally {
    await file?.close();
  }
}

/**
 * Writes a model; with weights of more than `externalAbove` bytes, these go to `<path>.data`. The weights are not copied in memory.
 * Nothing stands under a final name before everything is written.
 * @defaultValue externalAbove: `EXTERNAL_ABOVE`
 * @throws OUTPUT_UNWRITABLE.
 */
export async function writeModelFile(path: string, model: OnnxModel, externalAbove: number = EXTERNAL_ABOVE): Promise<void> {
  const dataPath = `${path}.data`;
  const weights = model.graph.initializer.reduce((sum, tensor) => sum + rawLength(tensor), 0);
  const files: [string, readonly Chunk[]][] = [];
  if (weights > externalAbove) {
    const { small, data } = splitWeights(model, basename(dataPath));
    files.push([dataPath, data], [path, modelChunks(small)]);
  } else {
    files.push([path, modelChunks(model)]);
  }
  const token = randomBytes(4).toString('hex');
  const temporary = (file: string): string => join(dirname(file), `.${basename(file)}.${token}.part`);
  try {
    for (const [file, chunks] of files) await writeChunks(temporary(file), chunks);
    for (const [file] of files) {
      const existing = await stat(file).catch(() => undefined);
      if (existing?.isDirectory() === true) throw new Error('a folder of this name is in the way');
    }
    for (const [file] of files) await rename(temporary(file), file);
  } catch (cause) {
    for (const [file] of files) await rm(temporary(file), { force: true }).catch(() => undefined);
    if (isPellucidError(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: 'Choose a file in a folder that you may write.' }, { cause });
  }
}
