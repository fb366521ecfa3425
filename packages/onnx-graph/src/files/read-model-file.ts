import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { PellucidError } from '@pellucid/core';
import type { ModelProto } from 'onnx-buf';
import type { OnnxModel } from '../model/onnx-model.ts';
import { checkedModel, parseModel } from '../model/read-model.ts';
import type { ExternalReader } from '../tensor/external-data.ts';
import { fileTensor, type FilePlace } from '../tensor/file-tensor.ts';
import { fileContent, NotRegular, type FileContent } from './file-content.ts';
import { hashRanges, hashRangesAside, type HashedRange } from './hash-ranges.ts';
import { outlineModel } from './outline.ts';

/** What a model file holds. */
export interface ModelFile {
  readonly model: OnnxModel;
  /** SHA-256 of the file and of what it reads from others, in hexadecimal. */
  readonly hash: string;
}

/** A model file whose hash is still computed. */
export interface OpenedModelFile {
  readonly model: OnnxModel;
  /** As that of `ModelFile`. Rejects when the file changes or goes meanwhile. */
  readonly hash: Promise<string>;
}

/** Weights of larger files stay there until they are asked for: 16 MiB, which take longer to read and copy than the rest of loading. */
export const LARGE_FILE: number = 2 ** 24;

/** Smaller tensors of large files are read at once: they are shapes, biases and the like. */
const SMALLEST_LEFT = 2 ** 16;

/** What is wrong, by the code of the file system. */
const PROBLEMS: Readonly<Record<string, string>> = { EACCES: 'it may not be read', EISDIR: 'it is a folder', ENOENT: 'there is no such file' };

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : '');

function missing(what: string, where: string, cause: unknown): PellucidError {
  const problem = cause instanceof NotRegular ? 'it is a pipe or a device' : PROBLEMS[codeOf(cause)] ?? String(cause);
  const help = what === 'the model' ? 'Give the path or URL of an .onnx file, or its bytes.' : 'Keep it beside the model, under the name it was exported with.';
  return new PellucidError('DATA_MISSING', { what, where, problem, help }, { cause });
}

function open(what: string, path: string, where: string): FileContent {
  try {
    return fileContent(path);
  } catch (cause) {
    throw missing(what, where, cause);
  }
}

const placeIn = ({ path, verify }: FileContent, offset: number, length: number): FilePlace => ({ path, offset, length, verify });

/** Finds external data beside a model; follows no link out of its folder. What it gives is noted in `ranges`. */
function besideModel(path: string, name: string, largeFile: number, ranges: HashedRange[]): ExternalReader {
  const folder = realpathSync(dirname(path));
  const files = new Map<string, FileContent>();
  const invalid = (problem: string, help: string): PellucidError => new PellucidError('MODEL_INVALID', { model: name, format: 'ONNX', problem, help });
  const find = (location: string): FileContent => {
    const file = open(`the external data of \`${name}\``, join(folder, location), location);
    const inside = relative(folder, file.path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw invalid(`its external data \`${location}\` leads outside the folder of the model`, 'Put the file itself beside the model.');
    }
    files.set(location, file);
    return file;
  };
  return ({ location, offset, length }) => {
    const file = files.get(location) ?? find(location);
    const size = length ?? file.size - offset;
    if (offset > file.size || offset + size > file.size) {
      throw invalid(
        `its external data \`${location}\` has ${file.size} bytes, but a tensor lies at ${offset} to ${length === null ? 'the end' : offset + length}`,
        'Check that the file is complete.',
      );
    }
    const read = (): Uint8Array<ArrayBuffer> => file.read(offset, size);
    const bytes = file.size < largeFile || size < SMALLEST_LEFT ? read() : null;
    ranges.push({ file, offset, length: size, bytes });
    return bytes ?? { place: placeIn(file, offset, size), read };
  };
}

/** The message of a large model file, whose large weights are not read; `null` where it has to be read whole. */
function parseOutline(file: FileContent, name: string): ModelProto | null {
  const outline = outlineModel(file, SMALLEST_LEFT);
  if (outline === null) return null;
  const proto = parseModel(outline.bytes, name);
  const { graph } = proto;
  if (graph) {
    graph.initializer = graph.initializer.map((tensor, position) => {
      const range = outline.places.get(position);
      if (!range) return tensor;
      const { offset, length } = range;
      return fileTensor(tensor, placeIn(file, offset, length), () => file.read(offset, length));
    });
  }
  return proto;
}

function read(path: string, name: string, largeFile: number): { readonly model: OnnxModel; readonly ranges: readonly HashedRange[] } {
  const file = open('the model', path, path);
  const outlined = file.size < largeFile ? null : parseOutline(file, name);
  const bytes = outlined === null ? file.read(0, file.size) : null;
  const ranges: HashedRange[] = [{ file, offset: 0, length: file.size, bytes }];
  const proto = outlined ?? parseModel(bytes ?? new Uint8Array(0), name);
  return { model: checkedModel(proto, name, besideModel(path, name, largeFile, ranges)), ranges };
}

/**
 * Reads a model and its external data, which must lie in the model's folder. The weights of files of at least `largeFile` bytes stay there until
 * `rawData` is asked for; the files must not change as long.
 * @defaultValue largeFile: `LARGE_FILE`
 * @throws DATA_MISSING; MODEL_INVALID also for external data that is cut short or lies outside the folder.
 */
export function readModelFile(path: string, name: string = basename(path), largeFile: number = LARGE_FILE): ModelFile {
  const { model, ranges } = read(path, name, largeFile);
  return { model, hash: hashRanges(ranges) };
}

/** As `readModelFile`, but the hash of a large model is computed on a thread of its own, while the caller goes on. */
export function openModelFile(path: string, name: string = basename(path), largeFile: number = LARGE_FILE): OpenedModelFile {
  const { model, ranges } = read(path, name, largeFile);
  const size = ranges.reduce((sum, { length }) => sum + length, 0);
  return { model, hash: size < largeFile ? Promise.resolve(hashRanges(ranges)) : hashRangesAside(ranges) };
}
