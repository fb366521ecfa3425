import { expect, test } from '@jest/globals';
import { imageGeometry, randomStream, tensor, type MetricSubject } from '@pellucid/core';
import { analyticModel, linear } from '../../test/analytic-model.ts';
import { accuracyInformationCurve } from './accuracy-information-curve.ts';
import { imageInformation } from './image-information.ts';
import { areaByInformation, curveByInformation } from './information-curve.ts';
import { softmaxInformationCurve } from './softmax-information-curve.ts';

const geometry = imageGeometry([1, 1, 16, 16], 'NCHW');
const { uniform } = randomStream(0, 'noise');
const noise = Float32Array.from({ length: 256 }, uniform);

test('information: little for a constant image, some for a ramp, a lot for noise', () => {
  const constant = imageInformation(new Float32Array(256).fill(0.5), geometry, 0, 1);
  const ramp = imageInformation(Float32Array.from({ length: 256 }, (_, i) => (i % 16) / 16), geometry, 0, 1);
  const random = imageInformation(noise, geometry, 0, 1);
  // One value differs from what nothing predicts: log2 of 256 places and the rest.
  expect(constant).toBeCloseTo(-Math.log2(1 / 256) - 255 * Math.log2(255 / 256), 9);
  expect(ramp).toBeGreaterThan(constant);
  expect(random).toBeGreaterThan(5 * 256);
  expect(random).toBeLessThanOrEqual(8 * 256);
  expect(imageInformation(new Float32Array(256), geometry, 0, 0)).toBe(0);
});

test('the area goes by the best that is reached with so much information', () => {
  expect(areaByInformation(curveByInformation([0, 0.5, 1], [0, 0.5, 1]))).toBe(0.5);
  expect(areaByInformation(curveByInformation([0, 0.5, 1], [0, 1, 0]))).toBe(0.25 + 0.5);
  expect(areaByInformation(curveByInformation([1, 0], [1, 1]))).toBe(1);
  expect(areaByInformation(curveByInformation([0, 0.25], [0, 1]))).toBe(0.125 + 0.75);
});

/** The class shows in a few pixels of noise on grey. */
const spots = [17, 40, 77, 130, 200];
const image = Float32Array.from({ length: 256 }, (_, i) => (spots.includes(i) ? 1 : noise[i]! * 0.3));
const subjectOf = (map: (pixel: number) => number): MetricSubject => ({
  model: analyticModel([1, 16, 16], 'NCHW', linear(Array.from({ length: 256 }, (_, i) => (spots.includes(i) ? 4 : -0.1)))).model,
  input: tensor([1, 1, 16, 16], image), targets: [0], values: tensor([1, 1, 16, 16], Float32Array.from({ length: 256 }, (_, i) => map(i))), layout: 'NCHW',
});

test.each([softmaxInformationCurve, accuracyInformationCurve])('$name: the true map above a random one above the opposite', async (metric) => {
  const score = async (map: (pixel: number) => number): Promise<number> => (await metric({ steps: 64 }).score(subjectOf(map), { seed: 0 }))[0]!;
  const [good, random, bad] = [await score((i) => (spots.includes(i) ? 1 : 0)), await score((i) => noise[(i * 7) % 256]!), await score((i) => (spots.includes(i) ? -1 : 0))];
  expect(good).toBeGreaterThan(random);
  expect(random).toBeGreaterThan(bad);
  expect(good).toBeLessThanOrEqual(1);
  expect(bad).toBeGreaterThanOrEqual(0);
});

test('where the whole image tells no more than its blur there is no score', async () => {
  const flat = { ...subjectOf(() => 0), input: tensor([1, 1, 16, 16], new Float32Array(256).fill(0.2)) };
  expect((await softmaxInformationCurve().score(flat, { seed: 0 }))[0]).toBeNaN();
  expect((await accuracyInformationCurve().score({ ...subjectOf(() => 0), targets: [1] }, { seed: 0 }))[0]).toBeNaN();
});
