import { sizeOf } from '@pellucid/core';
import { open } from 'node:fs/promises';
import { invalid, openByteRange, openByteSource, type ByteSource } from '../files/byte-source.ts';

/** A numeric array of a MATLAB file: column-major, the first axis runs fastest. */
export interface MatArray {
  readonly shape: readonly number[];
  /** The values from the beginning on, as many as were asked for. */
  readonly values: ArrayLike<number>;
}

const FORMAT = 'MATLAB 5';
const HEADER = 128;
const MATRIX = 14;
const COMPRESSED = 15;

/** Stored number types by their code, with the bytes of a value ("MAT-File Format", table 1-1). */
const NUMBERS: Readonly<Record<number, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The next part of an array: its type, and its bytes, at most as many as wanted. Short ones lie within their tag. */
async function readPart(source: ByteSource, path: string, most = Infinity): Promise<{ readonly type: number; readonly bytes: Uint8Array }> {
  const tag = viewOf(await source.read(8));
  if (tag.byteLength < 8) throw invalid(path, FORMAT, 'an array ends in the middle');
  const [word, length] = [tag.getUint32(0, true), tag.getUint32(4, true)];
  if (word > 0xffff) return { type: word & 0xffff, bytes: new Uint8Array(tag.buffer, tag.byteOffset + 4, Math.min(word >>> 16, 4)) };
  const wanted = Math.min(length, most);
  const bytes = await source.read(wanted);
  if (bytes.length < wanted) throw invalid(path, FORMAT, 'an array ends in the middle');
  if (wanted === length) await source.read((8 - (length % 8)) % 8);
  return { type: word, bytes };
}

function numbersOf({ type, bytes }: Awaited<ReturnType<typeof readPart>>, path: string): Uint8Array | Float64Array {
  const number = NUMBERS[type];
  if (number === undefined) throw invalid(path, FORMAT, `an array holds values of type ${type}, not numbers`);
  if (type === 2) return bytes;
  const [size, read] = number;
  const view = viewOf(bytes);
  return Float64Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => read(view, i * size));
}

/** Reads the array of a matrix element if it has the name; `null` if it has another. */
async function readMatrix(source: ByteSource, path: string, name: string, most: number): Promise<MatArray | null> {
  await readPart(source, path);
  const shape = Array.from(numbersOf(await readPart(source, path), path));
  const found = new TextDecoder().decode((await readPart(source, path)).bytes);
  if (found !== name) return null;
  if (shape.length < 2 || shape.some((length) => length < 0)) throw invalid(path, FORMAT, `\`${name}\` is no array`);
  const count = Math.min(sizeOf(shape), most);
  // Values may be stored in less than their own type: no more than eight bytes each.
  const values = numbersOf(await readPart(source, path, count * 8), path);
  if (values.length < count) throw invalid(path, FORMAT, `\`${name}\` has ${values.length} values where its shape says ${count}`);
  return { shape, values: values.subarray(0, count) };
}

async function checkHeader(path: string): Promise<number> {
  const source = await openByteSource(path, FORMAT);
  try {
    const header = viewOf(await source.read(HEADER));
    if (header.byteLength < HEADER || header.getUint16(126, true) !== 0x4d49 || header.getUint16(124, true) !== 0x0100) {
      throw invalid(path, FORMAT, 'it does not begin as a little-endian MATLAB 5 file (newer ones, of version 7.3, are HDF5)');
    }
  } finally {
    source.close();
  }
  const file = await open(path);
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** The elements of a file: where they lie, and what they are. */
async function* elements(path: string, size: number): AsyncGenerator<{ readonly type: number; readonly start: number; readonly end: number }> {
  let at = HEADER;
  while (at + 8 <= size) {
    const source = openByteRange(path, FORMAT, at, at + 8, false);
    const tag = viewOf(await source.read(8));
    source.close();
    const [type, length] = [tag.getUint32(0, true), tag.getUint32(4, true)];
    const end = at + 8 + length;
    if (end > size) throw invalid(path, FORMAT, 'it is cut short');
    yield { type, start: at, end };
    // Compressed elements follow each other without padding.
    at = type === COMPRESSED ? end : end + ((8 - (length % 8)) % 8);
  }
}

/**
 * Reads an array of numbers from a MATLAB 5 file, compressed or not, by its name. Other arrays are passed over, whatever they hold.
 * Own code: the package that reads such files is under the GPL, and builds nested lists of hundreds of millions of numbers.
 * @param options - `most`: values that are wanted, from the beginning
 * @throws DATA_MISSING; DATA_INVALID where the file is damaged or has no such array.
 * @see "MAT-File Format" of The MathWorks
 */
export async function readMatArray(path: string, name: string, { most = Infinity }: { readonly most?: number } = {}): Promise<MatArray> {
  const size = await checkHeader(path);
  for await (const { type, start, end } of elements(path, size)) {
    if (type !== MATRIX && type !== COMPRESSED) continue;
    const source = openByteRange(path, FORMAT, type === MATRIX ? start : start + 8, end, type === COMPRESSED);
    try {
      const tag = viewOf(await source.read(8));
      if (tag.byteLength < 8 || tag.getUint32(0, true) !== MATRIX) continue;
      const array = await readMatrix(source, path, name, most);
      if (array !== null) return array;
    } finally {
      source.close();
    }
  }
  throw invalid(path, FORMAT, `it holds no array \`${name}\``);
}
