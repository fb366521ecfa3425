import { isPellucidError, PellucidError, throwIfAborted } from '@pellucid/core';
import { unwritable } from '@pellucid/files';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../files/system-error.ts';

/** A file to download. */
export interface Download {
  readonly url: string;
  readonly md5: string;
  /** Where it goes. What has come so far lies beside it, under the name with `.part` behind. */
  readonly path: string;
  /** Seconds without a byte after which a connection counts as broken. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are there, and bytes in all where the server says so. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
}

/** How often a connection may break before what has come is left for another time. */
const ATTEMPTS = 4;
/** Wait before the second attempt; the third waits twice as long, and so on. */
const PAUSE_MS = 200;

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

/** Ends a connection on which nothing comes. */
function watchSilence(timeout: number, signal: AbortSignal | undefined): { readonly signal: AbortSignal; readonly heard: () => void; readonly end: () => void } {
  const silence = new AbortController();
  const waiting = setTimeout(() => {
    silence.abort(new Error(`the server sent nothing for ${timeout} s`));
  }, timeout * 1000);
  return {
    signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    heard: () => void waiting.refresh(),
    end: () => {
      clearTimeout(waiting);
    },
  };
}

/** Where the bytes of an answer go: behind what is there, or in its place. A full disk is not the server's fault: another attempt would not help. */
async function openPart(part: string, goesOn: boolean): Promise<{ readonly write: (bytes: Uint8Array) => Promise<void>; readonly close: () => Promise<void> }> {
  const refuse = (cause: unknown): never => {
    throw unwritable(part, cause);
  };
  const file: FileHandle = await open(part, goesOn ? 'a' : 'w').catch(refuse);
  return {
    write: (bytes) => file.writeFile(bytes).catch(refuse),
    close: async () => {
      await file.sync().catch(() => undefined);
      await file.close().catch(refuse);
    },
  };
}

/** Whether an answer goes on where the file ends; a server that knows no ranges sends everything again. @throws Error for another part, so that the next attempt begins anew. */
async function goesOnFrom(have: number, part: string, { status, headers }: Response): Promise<boolean> {
  if (status !== 206) return false;
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  if (Number(start) === have) return true;
  await rm(part, { force: true });
  throw new Error(`the server sent another part of the file than the one behind ${have} bytes`);
}

/** Asks for what is missing, and writes what comes. @throws Refused, OUTPUT_UNWRITABLE, or what broke the connection. */
async function receive({ url, path, timeout, signal, onProgress }: Download): Promise<void> {
  const part = `${path}.part`;
  const have = await sizeOfFile(part);
  const silence = watchSilence(timeout, signal);
  try {
    // As it is: a file that ends in .gz is not to be unpacked on its way.
    const headers = { 'Accept-Encoding': 'identity', ...(have > 0 && { Range: `bytes=${have}-` }) };
    const answer = await fetch(url, { headers, signal: silence.signal });
    // All is there already: only the checksum is missing.
    if (answer.status === 416 && have > 0) return;
    if (!answer.ok || answer.body === null) {
      const again = answer.status === 429 || answer.status >= 500;
      throw again ? new Error(`the server answered ${answer.status}`) : new Refused(`the server answered ${answer.status} ${answer.statusText}`.trim());
    }
    const goesOn = await goesOnFrom(have, part, answer);
    const total = totalOf(answer);
    let done = goesOn ? have : 0;
    const file = await openPart(part, goesOn);
    try {
      for await (const chunk of answer.body) {
        silence.heard();
        await file.write(chunk as Uint8Array);
        done += (chunk as Uint8Array).length;
        onProgress?.(done, total);
      }
    } finally {
      await file.close();
    }
    if (total !== null && done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
  } finally {
    silence.end();
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
      if (isPellucidError(error)) throw error;
      // A loop of redirects does not end at the next attempt.
      const final = error instanceof Refused || causeOf(error).includes('redirect count exceeded');
      if (!final && attempt < ATTEMPTS) {
        await sleep(PAUSE_MS * attempt);
        continue;
      }
      const kept = await sizeOfFile(`${path}.part`);
      const help = kept > 0 ? `Run it again: it goes on behind the ${kept} bytes that have come.` : 'Check the connection and the address, or put the file there by hand.';
      throw new PellucidError('DATA_MISSING', { what: path, where: url, problem: causeOf(error), help }, { cause: error });
    }
  }
}

/**
 * Downloads a file: goes on where an earlier attempt ended, follows redirects, and gives the file its name only when its checksum is right.
 * @throws DATA_MISSING where it cannot be had; DATA_INVALID where what came is not what was published (nothing of it is kept); OUTPUT_UNWRITABLE; ABORTED.
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
