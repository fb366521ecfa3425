import { expect, test } from '@jest/globals';
import { convertLayout, sliceBatch, tensor, type Tensor } from '@pellucid/core';
import { controlMaps } from './controls.ts';
import { CONTROLS } from '../plugins/known-methods.ts';

/** Two images of 4 x 4 pixels and two channels, channels last. */
const images: Tensor = tensor([2, 4, 4, 2], Array.from({ length: 64 }, (_, i) => Math.sin(i * i)));

test.each(CONTROLS)('%s is a map of one channel that neither layout nor company changes', (name) => {
  const maps = controlMaps(name, images, 'NHWC', 5);
  expect(maps.shape).toEqual([2, 4, 4, 1]);
  expect(controlMaps(name, convertLayout(images, 'NHWC', 'NCHW'), 'NCHW', 5)).toEqual(convertLayout(maps, 'NHWC', 'NCHW'));
  expect(controlMaps(name, sliceBatch(images, 1, 2), 'NHWC', 5)).toEqual(sliceBatch(maps, 1, 2));
});

test('the magnitude of the input adds up channels without their signs', () => {
  const maps = controlMaps('input-magnitude', images, 'NHWC', 0);
  expect(maps.data[7]).toBeCloseTo(Math.abs(images.data[14] ?? NaN) + Math.abs(images.data[15] ?? NaN), 6);
});

test('the centre prior is highest in the middle and the same in every image', () => {
  const { data } = controlMaps('centre-prior', images, 'NHWC', 0);
  // Half a pixel from the middle in each direction: exp(-(0.5^2 + 0.5^2) / 2).
  expect(data[5]).toBeCloseTo(Math.exp(-0.25), 6);
  expect(Math.max(...data)).toBe(data[5]);
  expect(data.slice(16)).toEqual(data.slice(0, 16));
});

test('noise differs by seed and by image', () => {
  const [a, b] = [controlMaps('random', images, 'NHWC', 0), controlMaps('random', images, 'NHWC', 1)];
  expect(a.data).not.toEqual(b.data);
  expect(a.data.slice(16)).not.toEqual(a.data.slice(0, 16));
});
