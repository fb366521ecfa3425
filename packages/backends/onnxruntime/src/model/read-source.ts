import { isPellucidError, PellucidError } from '@pellucid/core';
import { readModel } from '@pellucid/onnx-graph';
import { openModelFile, type OpenedModelFile } from '@pellucid/onnx-graph/files';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

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

const isUrl = (text: string): boolean => /^(https?|file):\/\//.test(text);

function fromBytes(bytes: Uint8Array, name: string): OpenedModelFile {
  return { model: readModel(bytes, name), hash: Promise.resolve(createHash('sha256').update(bytes).digest('hex')) };
}

/**
 * Reads a model from a path, a URL or bytes; external data only from beside a path.
 * @throws DATA_MISSING, MODEL_INVALID, MODEL_UNSUPPORTED.
 */
export async function readSource(source: string | URL | Uint8Array, name?: string): Promise<OpenedModelFile> {
  if (source instanceof Uint8Array) return fromBytes(source, name ?? 'model');
  if (source instanceof URL || isUrl(source)) {
    const url = new URL(source);
    if (url.protocol === 'file:') return openModelFile(fileURLToPath(url), name);
    return fromBytes(await download(url), name ?? basename(url.pathname));
  }
  return openModelFile(source, name);
}
