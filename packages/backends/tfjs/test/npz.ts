import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

import { decodeNpy, type Tensor } from '@pellucid/core';

const DEFLATED = 8;

/** Reads an array out of an `.npz` file: a zip archive of `.npy` files, listed at its end. */
export function readNpz(path: string, name: string): Tensor {
  const file = readFileSync(path);
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let entry = file.readUInt32LE(end + 16);
  while (file.readUInt32LE(entry) === 0x02014b50) {
    const length = file.readUInt16LE(entry + 28);
    const found = file.toString('utf8', entry + 46, entry + 46 + length);
    if (found === `${name}.npy`) {
      const local = file.readUInt32LE(entry + 42);
      const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
      const bytes = file.subarray(start, start + file.readUInt32LE(entry + 20));
      return decodeNpy(file.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(bytes) : Uint8Array.from(bytes), name);
    }
    entry += 46 + length + file.readUInt16LE(entry + 30) + file.readUInt16LE(entry + 32);
  }
  throw new Error(`${path} holds no ${name}`);
}
