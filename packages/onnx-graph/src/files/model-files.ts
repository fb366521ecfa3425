import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, relative, isAbsolute, sep } from 'node:path';
import { PellucidError } from '@pellucid/core';
import { replaceParts } from '../graph/edit-graph.ts';
import type { OnnxModel } from '../model/onnx-model.ts';
import { readModel } from '../model/read-model.ts';
import { modelChunks } from '../model/write-model.ts';
import { externalTensor, type ExternalReader } from '../tensor/external-data.ts';

/** A model with more bytes of weights is written with external data: 1 GiB, half of what a protobuf message may hold. */
export const EXTERNAL_ABOVE: number = 2 ** 30;

/** Smaller tensors stay in the model's file, where shape inference reads them. */
const SMALLEST_EXTERNAL = 1024;

/** What a model file holds. */
export interface ModelFile {
  readonly model: OnnxModel;
  /** SHA-256 of the file and of what it reads from others, in hexadecimal. */
  readonly hash: string;
}

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : '');

function missing(what: string, where: string, cause: unknown): PellucidError {
  const problem = codeOf(cause) === 'ENOENT' ? 'there is no such file' : codeOf(cause) === 'EISDIR' ? 'it is a folder' : String(cause);
  const help = what === 'the model' ? 'Give the path or URL of an .onnx file, or its bytes.' : 'Keep it beside the model, under the name it was exported with.';
  return new PellucidError('DATA_MISSING', { what, where, problem, help }, { cause });
}

/** Bytes of a part of a file, in memory of their own. */
function readPart(path: string, offset: number, length: number | null): { readonly bytes: Uint8Array<ArrayBuffer>; readonly fileSize: number } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = new Uint8Array(Math.max(0, Math.min(length ?? size, size - offset)));
    for (let done = 0; done < bytes.length;) {
      const read = readSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), offset + done);
      if (read === 0) break;
      done += read;
    }
    return { bytes, fileSize: size };
  } finally {
    closeSync(file);
  }
}

/** Reads external data from beside a model; follows no link out of its folder. */
function besideModel(path: string, name: string, digest: ReturnType<typeof createHash>): ExternalReader {
  const folder = realpathSync(dirname(path));
  return ({ location, offset, length }) => {
    const invalid = (problem: string, help: string): PellucidError => new PellucidError('MODEL_INVALID', { model: name, format: 'ONNX', problem, help });
    let found: string;
    try {
      found = realpathSync(join(folder, location));
    } catch (cause) {
      throw missing(`the external data of \`${name}\``, location, cause);
    }
    const inside = relative(folder, found);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw invalid(`its external data \`${location}\` leads outside the folder of the model`, 'Put the file itself beside the model.');
    }
    let part: ReturnType<typeof readPart>;
    try {
      part = readPart(found, offset, length);
    } catch (cause) {
      throw missing(`the external data of \`${name}\``, location, cause);
    }
    if (offset > part.fileSize || (length !== null && part.bytes.length < length)) {
      throw invalid(
        `its external data \`${location}\` has ${part.fileSize} bytes, but a tensor lies at ${offset} to ${length === null ? 'the end' : offset + length}`,
        'Check that the file is complete.',
      );
    }
    digest.update(part.bytes);
    return part.bytes;
  };
}

/**
 * Reads a model and its external data, which must lie in the model's folder. No bytes are read twice.
 * @throws DATA_MISSING; MODEL_INVALID also for external data that is cut short or lies outside the folder.
 */
export function readModelFile(path: string, name: string = basename(path)): ModelFile {
  let bytes: Uint8Array;
  try {
    ({ bytes } = readPart(path, 0, null));
  } catch (cause) {
    throw missing('the model', path, cause);
  }
  const digest = createHash('sha256').update(bytes);
  const model = readModel(bytes, name, besideModel(path, name, digest));
  return { model, hash: digest.digest('hex') };
}

/** Moves large weights out of a model: the model that refers to them, and their bytes in the order of their offsets. */
function splitWeights(model: OnnxModel, location: string): { readonly small: OnnxModel; readonly data: readonly Uint8Array[] } {
  const data: Uint8Array[] = [];
  let offset = 0;
  const initializer = model.graph.initializer.map((tensor) => {
    const { length } = tensor.rawData;
    if (length < SMALLEST_EXTERNAL) return tensor;
    data.push(tensor.rawData);
    offset += length;
    return externalTensor(tensor, { location, offset: offset - length, length });
  });
  return { small: replaceParts(model, { initializer }), data };
}

async function writeChunks(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    for (const chunk of chunks) await file.writeFile(chunk);
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
  const weights = model.graph.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0);
  const files: [string, readonly Uint8Array[]][] = [];
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
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem, help: 'Choose a file in a folder that you may write.' }, { cause });
  }
}
