import { PellucidError } from '../errors/pellucid-error.ts';
import { sizeOf, type Tensor } from './tensor.ts';

const MAGIC = '\u0093NUMPY';
const ALIGNMENT = 64;

/** A tensor as the bytes of a NumPy `.npy` file, version 1.0: little-endian float32, row-major. */
export function encodeNpy({ shape, data }: Tensor): Uint8Array {
  const list = shape.join(', ') + (shape.length === 1 ? ',' : '');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${list}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / ALIGNMENT) * ALIGNMENT - 11) + '\n';
  const bytes = new Uint8Array(10 + padded.length + data.length * 4);
  const prefix = `${MAGIC}\u0001\u0000${String.fromCharCode(padded.length & 255, padded.length >> 8)}${padded}`;
  for (let i = 0; i < prefix.length; i++) bytes[i] = prefix.charCodeAt(i);
  const view = new DataView(bytes.buffer, prefix.length);
  data.forEach((value, i) => {
    view.setFloat32(i * 4, value, true);
  });
  return bytes;
}

type Read = (view: DataView, offset: number) => number;

const TYPES: Readonly<Record<string, { readonly bytes: number; readonly read: Read }>> = {
  f4: { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  f8: { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
  i4: { bytes: 4, read: (view, offset) => view.getInt32(offset, true) },
  i8: { bytes: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) },
  u1: { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  b1: { bytes: 1, read: (view, offset) => view.getUint8(offset) },
};

/**
 * Reads the bytes of a NumPy `.npy` file: little-endian float32, float64, int32, int64, uint8 or Boolean values, row-major.
 * @param file - name for messages
 * @throws DATA_INVALID when the file is cut short or holds something else.
 */
export function decodeNpy(bytes: Uint8Array, file: string): Tensor {
  const fail = (problem: string): never => {
    throw new PellucidError('DATA_INVALID', { file, format: 'NPY', problem, help: 'Save it with `numpy.save` as a C-ordered float32 array.' });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));
  if (bytes.length < 12 || text(0, 6) !== MAGIC) fail('it does not start with the NPY signature');
  const wide = bytes[6]! > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) fail('the header is cut short');
  const header = text(start, end);
  const descr = /'descr':\s*'[<|=]?([a-z]\d)'/.exec(header)?.[1] ?? '';
  const type = TYPES[descr];
  if (type === undefined) return fail(`the values are of an unsupported type (header ${header.trim()})`);
  if (!/'fortran_order':\s*False/.test(header)) fail('the values are in column-major order');
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? fail('the header has no shape'))
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const count = sizeOf(shape);
  if (bytes.length < end + count * type.bytes) {
    fail(`${count} values need ${count * type.bytes} bytes, but ${bytes.length - end} are there`);
  }
  return { shape, data: Float32Array.from({ length: count }, (_, i) => type.read(view, end + i * type.bytes)) };
}
