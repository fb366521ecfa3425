import { expect, test } from '@jest/globals';
import { convertLayout, imageGeometry, tensor } from '@pellucid/core';
import { randomTensor } from '../../test/linear-subject.ts';
import { imputeLinearly } from './noisy-linear.ts';

const SIZE = 7;
const geometry = imageGeometry([1, 1, SIZE, SIZE], 'NCHW');
const still = new Float32Array(SIZE * SIZE);
const unknown = Uint32Array.from([8, 9, 10, 15, 16, 17, 22, 23, 24, 0, 48]);

test('every imputed pixel is the weighted mean of its neighbours, edges direct ones twice those across corners', () => {
  const image = randomTensor([SIZE * SIZE], 'picture').data.slice();
  const before = image.slice();
  imputeLinearly(image, unknown, geometry, still);
  for (const pixel of unknown) {
    const [y, x] = [Math.floor(pixel / SIZE), pixel % SIZE];
    let [sum, weights] = [0, 0];
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if ((dy === 0 && dx === 0) || y + dy < 0 || y + dy >= SIZE || x + dx < 0 || x + dx >= SIZE) continue;
        const weight = dy === 0 || dx === 0 ? 1 / 6 : 1 / 12;
        sum += weight * image[(y + dy) * SIZE + x + dx]!;
        weights += weight;
      }
    }
    expect(image[pixel]).toBeCloseTo(sum / weights, 5);
  }
  image.forEach((value, pixel) => { if (!unknown.includes(pixel)) expect(value).toBe(before[pixel]); });
});

test('a ramp goes on inside, and a constant image stays as it is', () => {
  const ramp = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % SIZE) + 2 * Math.floor(i / SIZE));
  const filled = ramp.slice();
  const inner = Uint32Array.from([8, 9, 10, 15, 16, 17, 22, 23, 24]);
  for (const pixel of inner) filled[pixel] = -99;
  imputeLinearly(filled, inner, geometry, still);
  filled.forEach((value, pixel) => { expect(value).toBeCloseTo(ramp[pixel]!, 4); });
  const constant = new Float32Array(SIZE * SIZE).fill(3);
  imputeLinearly(constant, unknown, geometry, still);
  constant.forEach((value) => { expect(value).toBeCloseTo(3, 5); });
});

test('where no pixel is known, all take the mean of their channel', () => {
  const image = Float32Array.from([1, 2, 3, 6]);
  imputeLinearly(image, Uint32Array.from([0, 1, 2, 3]), imageGeometry([1, 1, 2, 2], 'NCHW'), new Float32Array(4));
  expect([...image]).toEqual([3, 3, 3, 3]);
});

test('channels go by themselves, in both layouts', () => {
  const colours = randomTensor([1, 3, SIZE, SIZE], 'colours');
  const first = colours.data.slice();
  imputeLinearly(first, unknown, imageGeometry(colours.shape, 'NCHW'), new Float32Array(first.length));
  const last = convertLayout(colours, 'NCHW', 'NHWC').data.slice();
  imputeLinearly(last, unknown, imageGeometry([1, SIZE, SIZE, 3], 'NHWC'), new Float32Array(last.length));
  expect(convertLayout(tensor([1, SIZE, SIZE, 3], last), 'NHWC', 'NCHW').data).toEqual(first);
});

test('noise is added to imputed pixels alone', () => {
  const image = new Float32Array(SIZE * SIZE).fill(3);
  imputeLinearly(image, unknown, geometry, Float32Array.from({ length: SIZE * SIZE }, (_, i) => i));
  image.forEach((value, pixel) => { expect(value).toBeCloseTo(unknown.includes(pixel) ? 3 + pixel : 3, 4); });
});
