import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isPellucidError, PellucidError } from '@pellucid/core';

/** The files of a model, on disk or on a server. */
export interface ModelPlace {
  /** What to call it in messages. */
  readonly label: string;
  /** The part of it that looks like a path. */
  readonly path: string;
  /** Reads `model.json`. */
  readonly read: () => Promise<Uint8Array>;
  /** Reads a weight file, which must lie in the folder of `model.json` or below. */
  readonly readBeside: (path: string) => Promise<Uint8Array>;
}

function invalid(model: string, problem: string, help: string, cause?: unknown): PellucidError {
  return new PellucidError('MODEL_INVALID', { model, format: 'a TensorFlow.js model', problem, help }, { cause });
}

const outside = (model: string, path: string): PellucidError =>
  invalid(model, `its weight file \`${path}\` lies outside its folder`, 'Put the weight files beside `model.json`.');

async function readFrom(model: string, path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    const problem = missing ? `${what} does not exist` : `${what} cannot be read (${String(error)})`;
    throw invalid(model, problem, 'Check the path; the weight files have to lie beside `model.json`.', error);
  }
}

/** Whether a path leaves the folder that it starts from. */
const leaves = (path: string): boolean => isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`);

/** Whether a link on the way leads out of the folder. A file that does not exist leads nowhere. */
async function linkedAway(folder: string, path: string): Promise<boolean> {
  const target = await realpath(join(folder, path)).catch(() => undefined);
  return target !== undefined && leaves(relative(await realpath(folder), target));
}

function onDisk(path: string): ModelPlace {
  return {
    label: path,
    path,
    read: () => readFrom(path, path, 'the file'),
    readBeside: async (shard) => {
      const inside = normalize(shard);
      if (leaves(inside) || (await linkedAway(dirname(path), inside))) throw outside(path, shard);
      return readFrom(path, join(dirname(path), inside), `its weight file \`${shard}\``);
    },
  };
}

async function download(model: string, url: URL, what: string): Promise<Uint8Array> {
  const help = 'Check the address; the weight files have to lie beside `model.json`.';
  try {
    const response = await fetch(url);
    if (!response.ok) throw invalid(model, `${what} cannot be had: the server answered ${response.status} ${response.statusText}`, help);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw isPellucidError(error) ? error : invalid(model, `${what} cannot be had (${reason})`, help, error);
  }
}

function onServer(url: URL): ModelPlace {
  const folder = new URL('.', url);
  return {
    label: url.href,
    path: decodeURIComponent(url.pathname),
    read: () => download(url.href, url, 'the file'),
    readBeside: (shard) => {
      const place = new URL(shard, folder);
      // The query of a signed address belongs to the weight files, too.
      if (place.search === '') place.search = url.search;
      const inside = place.origin === folder.origin && place.pathname.startsWith(folder.pathname) && place.username === folder.username;
      // A separator in code is none to us but may be one to the server.
      if (!inside || /%2f|%5c/i.test(place.pathname.slice(folder.pathname.length))) return Promise.reject(outside(url.href, shard));
      return download(url.href, place, `its weight file \`${shard}\``);
    },
  };
}

/** Where the files of a model are: a path, or a URL with `file:`, `http:` or `https:`. @throws MODEL_INVALID for any other address. */
export function filesAt(source: string | URL): ModelPlace {
  if (typeof source === 'string' && !/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return onDisk(source);
  const url = URL.canParse(String(source)) ? new URL(source) : undefined;
  if (url === undefined) throw invalid(String(source), 'this is not a valid URL', 'Give a path, or a URL with `file:`, `http:` or `https:`.');
  if (url.protocol === 'file:') {
    if (url.host !== '') throw invalid(url.href, 'it names a file of another machine', 'Give a path, or a URL that begins with `file:///`.');
    return onDisk(fileURLToPath(url));
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return onServer(url);
  throw invalid(url.href, `an address with \`${url.protocol}\` cannot be read`, 'Give a path, or a URL with `file:`, `http:` or `https:`.');
}
