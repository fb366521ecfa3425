import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPellucidError } from '../errors/pellucid-error.ts';
import { batchSize, concatBatches, sampleData, sliceBatch } from './batch.ts';
import { convertLayout } from './convert-layout.ts';
import { axes, imageGeometry } from './layout.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { tensor, zipWith, type Tensor } from './tensor.ts';
import { assertFinite, validateBatch } from './validate.ts';

const counting = (shape: readonly number[]): Tensor =>
  tensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i));
const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

test('refuses data that does not fill the shape', () => {
  expect(code(() => tensor([2, 3], [1, 2, 3]))).toBe('SHAPE_MISMATCH');
  expect(code(() => zipWith(counting([2, 3]), counting([3, 2]), (a) => a))).toBe('SHAPE_MISMATCH');
});

test('finds the axes of every layout', () => {
  expect(axes({ layout: 'NCHW' })).toEqual({ batch: 0, channel: 1, spatial: [2, 3] });
  expect(axes({ layout: 'NHWC' })).toEqual({ batch: 0, channel: 3, spatial: [1, 2] });
  expect(axes({ layout: 'NDHWC' })).toEqual({ batch: 0, channel: 4, spatial: [1, 2, 3] });
  expect(axes({ layout: 'N*' })).toEqual({ batch: 0, channel: null, spatial: [] });
});

test('slices and joins batches without changing a value', () => {
  const batch = counting([5, 2, 3]);
  expect(concatBatches([sliceBatch(batch, 0, 2), sliceBatch(batch, 2, 5)])).toEqual(batch);
  expect([...sampleData(batch, 4)]).toEqual([24, 25, 26, 27, 28, 29]);
  expect(batchSize(sliceBatch(batch, 1, 3))).toBe(2);
});

test('moves channels behind the pixels and back', () => {
  const images = counting([2, 3, 4, 5]);
  const turned = convertLayout(images, 'NCHW', 'NHWC');
  expect(turned.shape).toEqual([2, 4, 5, 3]);
  // Sample 1, channel 2, row 3, column 4.
  expect(turned.data[((1 * 4 + 3) * 5 + 4) * 3 + 2]).toBe(images.data[((1 * 3 + 2) * 4 + 3) * 5 + 4]);
  expect(convertLayout(turned, 'NHWC', 'NCHW')).toEqual(images);
});

test('refuses image work on tensors without height and width', () => {
  expect(code(() => imageGeometry([2, 3], 'NC'))).toBe('SHAPE_MISMATCH');
});

test('keeps every float through an NPY file', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), fc.infiniteStream(fc.float({ noNaN: true })), (shape, values) => {
      const original = tensor(shape, [...values.take(shape.reduce((a, b) => a * b, 1))]);
      const bytes = encodeNpy(original);
      expect(decodeNpy(bytes, 'a.npy')).toEqual(original);
      // NumPy asks for a header that ends on a multiple of 64 bytes.
      expect((bytes.length - original.data.length * 4) % 64).toBe(0);
    }),
  );
});

test('reads the Boolean values of a mask as 0 and 1', () => {
  const header = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }".padEnd(117) + '\n';
  const bytes = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0, ...Array.from(header, (letter) => letter.charCodeAt(0)), 1, 0, 1);
  expect(decodeNpy(bytes, 'mask.npy')).toEqual({ shape: [3], data: Float32Array.of(1, 0, 1) });
});

test('refuses every cut of an NPY file', () => {
  const bytes = encodeNpy(counting([2, 3]));
  for (let length = 0; length < bytes.length; length++) {
    expect(code(() => decodeNpy(bytes.subarray(0, length), 'cut.npy'))).toBe('DATA_INVALID');
  }
});

test.each(["{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"])(
  'refuses an NPY file with the header %s',
  (header) => {
    const bytes = new Uint8Array(10 + 118 + 8);
    [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0].forEach((byte, i) => { bytes[i] = byte; });
    [...header.padEnd(117), '\n'].forEach((letter, i) => { bytes[10 + i] = letter.charCodeAt(0); });
    expect(code(() => decodeNpy(bytes, 'odd.npy'))).toBe('DATA_INVALID');
  },
);

const spec = { name: 'input', shape: [null, 3, 2, 2], layout: 'NCHW' } as const;

test.each([
  ['a missing batch axis', tensor([3, 2, 2], new Float32Array(12)), 'SHAPE_MISMATCH'],
  ['another size', tensor([1, 3, 2, 3], new Float32Array(18)), 'SHAPE_MISMATCH'],
  ['an empty batch', { shape: [0, 3, 2, 2], data: new Float32Array(0) }, 'SHAPE_MISMATCH'],
  ['too little data', { shape: [1, 3, 2, 2], data: new Float32Array(11) }, 'SHAPE_MISMATCH'],
  ['NaN', tensor([1, 3, 2, 2], new Float32Array(12).fill(NaN, 11)), 'INPUT_NOT_FINITE'],
  ['an infinity', tensor([1, 3, 2, 2], new Float32Array(12).fill(-Infinity, 0, 1)), 'INPUT_NOT_FINITE'],
])('refuses an input with %s', (_, input, expected) => {
  expect(code(() => { validateBatch(input, spec, 'input'); })).toBe(expected);
});

test('accepts any number of samples', () => {
  expect(code(() => { validateBatch(tensor([7, 3, 2, 2], new Float32Array(84)), spec, 'input'); })).toBeUndefined();
});

test('finds a value that is not finite at every position, and none among the largest and smallest', () => {
  // Eight and more are summed: the largest numbers together, too.
  const extremes = [3.4028235e38, 3.4028235e38, 3.4028235e38, 3.4028235e38, 3.4028235e38, 3.4028235e38, 3.4028235e38, 3.4028235e38, 0, -0, -3.4028235e38, 1e-45, -1e-45, 1, -1, 2, 3, 4, 5];
  const { length } = extremes;
  assertFinite(tensor([1, length], extremes), 'values');
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (let index = 0; index < length; index++) {
      const values = tensor([1, length], extremes.map((value, i) => (i === index ? bad : value)));
      let details: unknown;
      try {
        assertFinite(values, 'values');
      } catch (error) {
        if (isPellucidError(error)) ({ details } = error);
      }
      expect(details).toEqual({ what: 'values', sample: 0, index, value: String(bad) });
    }
  }
});
