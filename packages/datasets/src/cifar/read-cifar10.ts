import type { LabelledImages } from '@pellucid/core';
import { invalid, openByteSource } from '../files/byte-source.ts';
import type { ReadOptions } from '../idx/read-idx.ts';

/** The classes in the order of their index. */
export const CIFAR10_CLASSES: readonly string[] = [
  'airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck',
];

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const FORMAT = 'CIFAR-10 binary';

/** The records of one file, at most `most`. A plain file's length is checked as a whole, also when only its beginning is wanted. */
async function readRecords(path: string, most: number): Promise<Uint8Array> {
  const source = await openByteSource(path, FORMAT);
  try {
    const bytes = await source.read(most * RECORD);
    const length = source.size ?? bytes.length;
    if (length === 0 || length % RECORD !== 0) {
      throw invalid(path, FORMAT, `${length} bytes are not a whole number of records of ${RECORD} bytes (a label and 3 x 32 x 32 values)`);
    }
    return bytes;
  } finally {
    source.close();
  }
}

function decode(records: Uint8Array, path: string, images: Float32Array, labels: Int32Array): void {
  for (let record = 0; record < labels.length; record++) {
    const start = record * RECORD;
    const label = records[start]!;
    if (label >= CIFAR10_CLASSES.length) throw invalid(path, FORMAT, `the label of record ${record} is ${label}, but the classes are 0 to 9`);
    labels[record] = label;
    for (let i = 0; i < 3 * PLANE; i++) {
      const pixel = i % PLANE;
      const channel = (i - pixel) / PLANE;
      images[(record * PLANE + pixel) * 3 + channel] = records[start + 1 + i]! / 255;
    }
  }
}

/**
 * Reads files of the binary version of CIFAR-10, plain or gzip, one after the other, as [N, 32, 32, 3], values 0 to 1.
 * @see {@link https://www.cs.toronto.edu/~kriz/cifar.html | Krizhevsky 2009}
 * @throws DATA_MISSING; DATA_INVALID when a file is not a whole number of records or holds a label above 9.
 */
export async function readCifar10(paths: readonly string[], { count = Infinity }: ReadOptions = {}): Promise<LabelledImages> {
  const files: { readonly path: string; readonly records: Uint8Array }[] = [];
  let total = 0;
  for (const path of paths) {
    if (total >= count) break;
    const records = await readRecords(path, count - total);
    files.push({ path, records });
    total += records.length / RECORD;
  }
  const images = new Float32Array(total * PLANE * 3);
  const labels = new Int32Array(total);
  let done = 0;
  for (const { path, records } of files) {
    const end = done + records.length / RECORD;
    decode(records, path, images.subarray(done * PLANE * 3, end * PLANE * 3), labels.subarray(done, end));
    done = end;
  }
  return { name: 'cifar10', images: { shape: [total, SIDE, SIDE, 3], data: images }, layout: 'NHWC', labels, classNames: CIFAR10_CLASSES };
}
