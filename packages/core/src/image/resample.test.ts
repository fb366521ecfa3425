import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { convertLayout } from '../tensor/convert-layout.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { resample } from './resample.ts';

const row = (...values: number[]): Tensor => tensor([1, 1, 1, values.length], values);

test('bilinear: half-pixel centres, edges repeated (PyTorch, align_corners=False)', () => {
  // Target centres 0.5, 1.5, 2.5, 3.5 lie at -0.25, 0.25, 0.75, 1.25 of the source.
  expect([...resample(row(0, 4), 'NCHW', 1, 4, 'bilinear').data]).toEqual([0, 1, 3, 4]);
  // Made smaller without smoothing: centres 1/3 and 5/3... of 3 pixels on 2 lie at 0.25 and 1.75.
  expect([...resample(row(0, 4, 8), 'NCHW', 1, 2, 'bilinear').data]).toEqual([1, 7]);
});

test('nearest: the source pixel at floor(i * source / target) (PyTorch, mode nearest)', () => {
  expect([...resample(row(1, 2, 3), 'NCHW', 1, 7, 'nearest').data]).toEqual([1, 1, 1, 2, 2, 3, 3]);
  expect([...resample(row(1, 2, 3, 4, 5), 'NCHW', 1, 2, 'nearest').data]).toEqual([1, 3]);
});

test('rows and columns are resized independently', () => {
  const image = tensor([1, 1, 2, 2], [0, 2, 4, 6]);
  expect([...resample(image, 'NCHW', 4, 2, 'bilinear').data]).toEqual([0, 2, 1, 3, 3, 5, 4, 6]);
  expect([...resample(image, 'NCHW', 1, 1, 'bilinear').data]).toEqual([3]);
});

const side = fc.integer({ min: 1, max: 6 });
const images = fc.tuple(side, side, side, side).chain(([n, c, h, w]) =>
  fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: n * c * h * w, maxLength: n * c * h * w }).map((values) => tensor([n, c, h, w], values.map((value) => value + 0)))); // no -0

test.each(['bilinear', 'nearest'] as const)('%s keeps the size it has, stays between the extremes, and treats channels last alike', (interpolation) => {
  fc.assert(
    fc.property(images, side, side, (image, height, width) => {
      expect(resample(image, 'NCHW', image.shape[2]!, image.shape[3]!, interpolation)).toEqual(image);
      const resized = resample(image, 'NCHW', height, width, interpolation);
      expect(Math.max(...resized.data)).toBeLessThanOrEqual(Math.max(...image.data) + 1e-5);
      expect(Math.min(...resized.data)).toBeGreaterThanOrEqual(Math.min(...image.data) - 1e-5);
      const last = resample(convertLayout(image, 'NCHW', 'NHWC'), 'NHWC', height, width, interpolation);
      expect(convertLayout(last, 'NHWC', 'NCHW')).toEqual(resized);
    }),
  );
});

test('bilinear keeps a ramp a ramp away from the edges', () => {
  const ramp = row(...Array.from({ length: 10 }, (_, i) => 2 * i));
  const { data } = resample(ramp, 'NCHW', 1, 25, 'bilinear');
  for (let i = 2; i < 23; i++) expect(data[i]).toBeCloseTo(2 * ((i + 0.5) / 2.5 - 0.5), 5);
});
