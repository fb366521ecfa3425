import { formatShape, sizeOf } from '@pellucid/core';
import { invalid, openByteSource, type ByteSource } from '../files/byte-source.ts';

/** The content of an IDX file of unsigned bytes. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Uint8Array;
}

/** How much to read. */
export interface ReadOptions {
  /** Read at most so many entries of the first axis. @defaultValue all */
  readonly count?: number | undefined;
}

const UNSIGNED_BYTE = 0x08;
const FORMAT = 'IDX';

async function readHeader(source: ByteSource, path: string): Promise<number[]> {
  const magic = await source.read(4);
  const [zero, zeroToo, type, rank] = magic;
  if (zero !== 0 || zeroToo !== 0 || type === undefined || rank === undefined || rank === 0) {
    throw invalid(path, FORMAT, `it starts with ${Buffer.from(magic).toString('hex') || 'nothing'}, not with two zero bytes, a type and a number of axes`);
  }
  if (type !== UNSIGNED_BYTE) {
    throw invalid(path, FORMAT, `its values have type 0x${type.toString(16).padStart(2, '0')}; only unsigned bytes (0x08) are read`);
  }
  const lengths = Buffer.from(await source.read(4 * rank));
  if (lengths.length < 4 * rank) throw invalid(path, FORMAT, 'the file ends within the header');
  return Array.from({ length: rank }, (_, axis) => lengths.readUInt32BE(4 * axis));
}

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST), plain or gzip, as a stream: with `count`, no more than that is decompressed.
 * @see {@link http://yann.lecun.com/exdb/mnist/ | the format}
 * @throws DATA_MISSING; DATA_INVALID when the magic number is wrong, or the file is shorter or longer than its header says.
 */
export async function readIdx(path: string, { count }: ReadOptions = {}): Promise<IdxArray> {
  const source = await openByteSource(path, FORMAT);
  try {
    const stated = await readHeader(source, path);
    const entries = Math.min(stated[0] ?? 0, count ?? Infinity);
    const shape = [entries, ...stated.slice(1)];
    const size = sizeOf(shape);
    const data = await source.read(size);
    if (data.length < size) {
      throw invalid(path, FORMAT, `shape ${formatShape(stated)} needs ${size} bytes after the header, but only ${data.length} are there`);
    }
    if (entries === stated[0] && (await source.read(1)).length > 0) {
      throw invalid(path, FORMAT, `more bytes follow than shape ${formatShape(stated)} needs`);
    }
    return { shape, data };
  } finally {
    source.close();
  }
}
