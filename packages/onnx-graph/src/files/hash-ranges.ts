import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { FileContent } from './file-content.ts';

/** A part of a file that belongs to a model. */
export interface HashedRange {
  readonly file: FileContent;
  readonly offset: number;
  readonly length: number;
  /** Its bytes, where they were read anyway. */
  readonly bytes: Uint8Array | null;
}

const CHUNK = 2 ** 22;

/** SHA-256 of the parts one after the other, in hexadecimal. @throws DATA_MISSING when a file has changed. */
export function hashRanges(ranges: readonly HashedRange[]): string {
  const digest = createHash('sha256');
  for (const { file, offset, length, bytes } of ranges) {
    if (bytes !== null) {
      digest.update(bytes);
      continue;
    }
    const end = offset + length;
    for (let start = offset; start < end; start += CHUNK) digest.update(file.read(start, Math.min(CHUNK, end - start)));
  }
  return digest.digest('hex');
}

// A text, since a file beside this one would have another name in the sources than in the build.
const HASHING = `
  const { createHash } = require('node:crypto');
  const { closeSync, openSync, readSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const digest = createHash('sha256');
  const buffer = new Uint8Array(${CHUNK});
  for (const { path, offset, length } of workerData) {
    const file = openSync(path, 'r');
    for (let start = offset, end = offset + length; start < end;) {
      const count = readSync(file, buffer, 0, Math.min(buffer.length, end - start), start);
      if (count === 0) throw new Error('the file ends early');
      digest.update(buffer.subarray(0, count));
      start += count;
    }
    closeSync(file);
  }
  parentPort.postMessage(digest.digest('hex'));
`;

/** As `hashRanges`, on a thread of its own. */
export async function hashRangesAside(ranges: readonly HashedRange[]): Promise<string> {
  const workerData = ranges.map(({ file: { path }, offset, length }) => ({ path, offset, length }));
  const hash = await new Promise<string>((resolve, reject) => {
    const worker = new Worker(HASHING, { eval: true, workerData });
    worker.once('message', resolve).once('error', reject);
  // Where no thread can be had, or a file cannot be read, the plain way gives the answer or says what is wrong.
  }).catch(() => hashRanges(ranges));
  for (const file of new Set(ranges.map((range) => range.file))) file.verify();
  return hash;
}
