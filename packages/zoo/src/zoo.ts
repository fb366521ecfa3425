import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PellucidError, suggestNames } from '@pellucid/core';
import type { ZooEntry, ZooFile } from './zoo-entry.ts';

/** Beside `src` and `dist` alike. */
const MODELS = new URL('../models/', import.meta.url);

/** The same record with paths as the index writes them: relative to the folder of the models. */
function locate({ path, sha256 }: ZooFile): ZooFile {
  return { path: fileURLToPath(new URL(path, MODELS)), sha256 };
}

function readIndex(): readonly ZooEntry[] {
  const entries = JSON.parse(readFileSync(new URL('zoo.json', MODELS), 'utf8')) as readonly ZooEntry[];
  return entries.map((entry) => ({
    ...entry,
    onnx: locate(entry.onnx),
    tfjs: { ...locate(entry.tfjs), weights: locate(entry.tfjs.weights) },
  }));
}

/** Every network of the zoo. */
export const zooModels: readonly ZooEntry[] = readIndex();

/** The network of this name. @throws METHOD_UNKNOWN with the nearest names. */
export function zooModel(name: string): ZooEntry {
  const entry = zooModels.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const help = suggestNames(name, zooModels.map((candidate) => candidate.name));
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'network', name, help });
  }
  return entry;
}
