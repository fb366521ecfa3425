import { isPellucidError, PellucidError } from '@pellucid/core';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bytes of a model and a short name for messages. */
export interface ModelSource {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function missing(where: string, problem: string, cause?: unknown): PellucidError {
  return new PellucidError(
    'DATA_MISSING',
    { what: 'the model', where, problem, help: 'Give the path or URL of an .onnx file, or its bytes.' },
    { cause },
  );
}

async function download(url: URL): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw missing(url.href, `the server answered ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw isPellucidError(cause) ? cause : missing(url.href, String(cause), cause);
  }
}

async function readPath(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
    const problem = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(cause);
    throw missing(path, problem, cause);
  }
}

const isUrl = (text: string): boolean => /^(https?|file):\/\//.test(text);

/** Reads a model from a path, a URL or bytes. @throws DATA_MISSING. */
export async function readSource(source: string | URL | Uint8Array, name?: string): Promise<ModelSource> {
  if (source instanceof Uint8Array) return { name: name ?? 'model', bytes: source };
  if (source instanceof URL || isUrl(source)) {
    const url = new URL(source);
    const bytes = url.protocol === 'file:' ? await readPath(fileURLToPath(url)) : await download(url);
    return { name: name ?? basename(url.pathname), bytes };
  }
  return { name: name ?? basename(source), bytes: await readPath(source) };
}
