import { PellucidError, throwIfAborted } from '@pellucid/core';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { reasonOf } from '../files/system-error.ts';

/** A file to download. */
export interface Download {
  readonly url: string;
  readonly md5: string;
  /** Where it goes. What has come so far lies beside it, under the name with `.part` behind. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are there, and bytes in all where the server says so. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
}

/** How often a connection may break before what has come is left for another time. */
const ATTEMPTS = 4;

/** What the server has answered for good. */
class Refused extends Error {}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const sizeOfFile = (path: string): Promise<number> => stat(path).then(({ size }) => size, () => 0);

/** The length of the whole, where the answer says so. */
function totalOf({ headers, status }: Response): number | null {
  const text = status === 206 ? headers.get('content-range')?.split('/')[1] : headers.get('content-length');
  return text === undefined || text === null || !/^\d+$/.test(text) ? null : Number(text);
}

/** Asks for what is missing, and writes what comes. @throws Refused, or what broke the connection. */
async function receive({ url, path, signal, onProgress }: Download): Promise<void> {
  const part = `${path}.part`;
  const have = await sizeOfFile(part);
  const answer = await fetch(url, { headers: have > 0 ? { Range: `bytes=${have}-` } : {}, signal: signal ?? null });
  // All is there already: only the checksum is missing.
  if (answer.status === 416 && have > 0) return;
  if (!answer.ok || answer.body === null) {
    const again = answer.status === 429 || answer.status >= 500;
    throw again ? new Error(`the server answered ${answer.status}`) : new Refused(`the server answered ${answer.status} ${answer.statusText}`.trim());
  }
  // A server that does not know ranges sends everything again.
  const goesOn = answer.status === 206;
  const file = await open(part, goesOn ? 'a' : 'w');
  let done = goesOn ? have : 0;
  try {
    const total = totalOf(answer);
    for await (const chunk of answer.body) {
      await file.write(chunk as Uint8Array);
      done += (chunk as Uint8Array).length;
      onProgress?.(done, total);
    }
    if (total !== null && done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
    await file.sync();
  } finally {
    await file.close();
  }
}

const causeOf = (error: unknown): string => {
  const inner = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return inner === undefined ? reasonOf(error) : `${reasonOf(error)}: ${reasonOf(inner)}`;
};

async function receiveAll(download: Download): Promise<void> {
  const { url, path, signal } = download;
  for (let attempt = 1; ; attempt++) {
    try {
      await receive(download);
      return;
    } catch (error) {
      throwIfAborted(signal, `the download of ${url}`);
      if (!(error instanceof Refused) && attempt < ATTEMPTS) continue;
      const kept = await sizeOfFile(`${path}.part`);
      const help = kept > 0 ? `Run it again: it goes on behind the ${kept} bytes that have come.` : 'Check the connection and the address, or put the file there by hand.';
      throw new PellucidError('DATA_MISSING', { what: path, where: url, problem: causeOf(error), help }, { cause: error });
    }
  }
}

/**
 * Downloads a file: goes on where an earlier attempt ended, follows redirects, and gives the file its name only when its checksum is right.
 * @throws DATA_MISSING where it cannot be had; DATA_INVALID where what came is not what was published (nothing of it is kept); ABORTED.
 */
export async function download(request: Download): Promise<void> {
  const { url, md5, path } = request;
  await receiveAll(request);
  const part = `${path}.part`;
  const found = await md5Of(part);
  if (found !== md5) {
    await rm(part);
    const help = 'Run it again; if it stays so, the publisher has changed the file.';
    throw new PellucidError('DATA_INVALID', { file: url, format: 'the published file', problem: `its MD5 checksum is ${found}, published is ${md5}`, help });
  }
  await rename(part, path);
}
