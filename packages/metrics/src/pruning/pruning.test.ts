import { expect, test } from '@jest/globals';
import { convertLayout, tensor, zeros, type LabelledImages } from '@pellucid/core';
import { combineImportances, edgeImportance, importanceOfMaps, randomImportance, type PixelImportance } from './importance.ts';
import { keepPixels, topPixels } from './pixel-mask.ts';
import { comparePruned, pruning, type Retrain } from './pruning.ts';
import { sobelMagnitude } from './sobel.ts';

const importance = (values: readonly number[], height = 2): PixelImportance => ({
  height, width: values.length / height, values: Float64Array.from(values),
});
/** 2 x 2 images of one channel whose class is the value of the first pixel. */
const data = (labels: readonly number[]): LabelledImages => ({
  name: 'first-pixel',
  images: tensor([labels.length, 2, 2, 1], labels.flatMap((label) => [label, 0.5, 0.5, 0.5])),
  layout: 'NHWC',
  labels: Int32Array.from(labels),
  classNames: ['dark', 'bright'],
});
/** A "network" that reads the first pixel: right unless the pixel was taken away from a bright image. */
const readFirstPixel: Retrain = ({ test: { images, labels } }) =>
  Promise.resolve(Uint8Array.from(labels, (label, i) => (images.data[i * 4] === label ? 1 : 0)));

test('importance is the mean over samples of absolute values, added up over channels', () => {
  const maps = tensor([2, 2, 1, 2], [1, -2, 3, 4, -1, 0, 0, 6]);
  expect([...importanceOfMaps(maps, 'NCHW').values]).toEqual([(1 + 3 + 1 + 0) / 2, (2 + 4 + 0 + 6) / 2]);
  expect(importanceOfMaps(convertLayout(maps, 'NCHW', 'NHWC'), 'NHWC')).toEqual(importanceOfMaps(maps, 'NCHW'));
});

test('importances of unequal batches combine to that of all samples', () => {
  const all = tensor([3, 1, 1, 2], [1, 2, -3, 4, 5, -6]);
  const parts = [
    { importance: importanceOfMaps(tensor([1, 1, 1, 2], all.data.subarray(0, 2)), 'NCHW'), samples: 1 },
    { importance: importanceOfMaps(tensor([2, 1, 1, 2], all.data.subarray(2)), 'NCHW'), samples: 2 },
  ];
  const combined = combineImportances(parts);
  importanceOfMaps(all, 'NCHW').values.forEach((value, i) => {
    expect(combined.values[i]).toBeCloseTo(value, 12);
  });
  expect(() => combineImportances([])).toThrow(/no maps/);
});

test.each([[100, 10], [60, 6], [40, 4], [10, 1], [1, 1], [25, 3]])('%d %% of ten pixels are %d, whatever the ties', (percent, count) => {
  const kept = (values: readonly number[]): number => topPixels(importance(values), percent).kept.reduce((a, b) => a + b, 0);
  expect(kept([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])).toBe(count);
  expect(kept(new Array<number>(10).fill(1))).toBe(count);
});

test('the most important pixels stay, equal ones in row-major order', () => {
  expect([...topPixels(importance([1, 5, 5, 5]), 50).kept]).toEqual([0, 1, 1, 0]);
  expect([...topPixels(importance([1, 2, 3, 4]), 25).kept]).toEqual([0, 0, 0, 1]);
});

test.each([0, -1, 101, NaN])('a share of %d %% is refused', (percent) => {
  expect(() => topPixels(importance([1, 2]), percent)).toThrow(/above 0, at most 100/);
});

test('pruned images keep whole pixels in both layouts, and leave the originals alone', () => {
  const images = tensor([1, 2, 1, 2], [1, 2, 3, 4]);
  const mask = topPixels(importance([0, 1], 1), 50);
  const first: LabelledImages = { ...data([0]), images, layout: 'NCHW' };
  expect([...keepPixels(first, mask).images.data]).toEqual([0, 2, 0, 4]);
  const last: LabelledImages = { ...first, images: convertLayout(images, 'NCHW', 'NHWC'), layout: 'NHWC' };
  expect([...keepPixels(last, mask).images.data]).toEqual([0, 0, 2, 4]);
  expect([...images.data]).toEqual([1, 2, 3, 4]);
});

test('a mask of another size is refused', () => {
  expect(() => keepPixels(data([1]), topPixels(importance([1, 2, 3], 1), 50))).toThrow(/\[2, 2\].*\[1, 3\]/);
});

test('keeping the pixel that decides costs nothing; losing it costs the bright half', async () => {
  const sets = { train: data([0, 1]), test: data([0, 1, 0, 1]), retrain: readFirstPixel };
  const [good] = await pruning({ ...sets, importance: importance([9, 1, 2, 3]), percents: [25] });
  expect(good).toMatchObject({ percent: 25, referenceAccuracy: 100, accuracy: 100, drop: 0 });
  const bad = await pruning({ ...sets, importance: importance([0, 1, 2, 3]) });
  expect(bad.map(({ percent, drop }) => [percent, drop])).toEqual([[60, 50], [40, 50], [10, 50]]);
  expect([...bad[0]!.drops]).toEqual([0, 100, 0, 100]);
});

test('training and test images lose the same pixels, and every training gets the seed', async () => {
  const seen: { train: number[]; test: number[]; seed: number }[] = [];
  const record: Retrain = ({ train, test: tested }, { seed }) => {
    seen.push({ train: [...train.images.data], test: [...tested.images.data], seed });
    return Promise.resolve(Uint8Array.of(1));
  };
  await pruning({ train: data([1]), test: data([1]), importance: importance([1, 2, 3, 4]), percents: [50], retrain: record, seed: 7 });
  expect(seen).toEqual([
    { train: [1, 0.5, 0.5, 0.5], test: [1, 0.5, 0.5, 0.5], seed: 7 },
    { train: [0, 0, 0.5, 0.5], test: [0, 0, 0.5, 0.5], seed: 7 },
  ]);
});

test('a reference that is given is not trained again', async () => {
  let trainings = 0;
  const count: Retrain = (sets, context) => {
    trainings++;
    return readFirstPixel(sets, context);
  };
  const [result] = await pruning({
    train: data([0]), test: data([0, 1]), importance: importance([9, 1, 2, 3]), percents: [25], retrain: count, reference: Uint8Array.of(1, 0),
  });
  expect(trainings).toBe(1);
  expect(result).toMatchObject({ referenceAccuracy: 50, accuracy: 100, drop: -50 });
});

test('references of another test set are refused', () => {
  expect(() => comparePruned(10, Uint8Array.of(1), Uint8Array.of(1, 0))).toThrow(/1 test images.*2/);
});

test('random rankings are permutations that the seed decides', () => {
  const sorted = (seed: number): number[] => [...randomImportance(4, 5, seed).values].sort((a, b) => a - b);
  expect(sorted(3)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(randomImportance(4, 5, 3)).toEqual(randomImportance(4, 5, 3));
  expect(randomImportance(4, 5, 3)).not.toEqual(randomImportance(4, 5, 4));
});

test('Sobel gives 0 on a flat image and the slope times 8 inside a ramp', () => {
  expect([...sobelMagnitude(tensor([1, 1, 3, 3], new Float32Array(9).fill(2)), 'NCHW').data]).toEqual(new Array<number>(9).fill(0));
  const ramp = tensor([1, 1, 3, 4], Float32Array.from({ length: 12 }, (_, i) => i % 4));
  // At the border one side repeats the border pixel: half the slope.
  expect([...sobelMagnitude(ramp, 'NCHW').data]).toEqual([4, 8, 8, 4, 4, 8, 8, 4, 4, 8, 8, 4]);
});

test('edges rank the border of a square above its inside, in both layouts', () => {
  const images = zeros([1, 7, 7, 1]);
  for (let y = 2; y < 7; y++) for (let x = 2; x < 7; x++) images.data[y * 7 + x] = 1;
  const { values } = edgeImportance({ images, layout: 'NHWC' });
  expect(values[2 * 7 + 4]).toBeGreaterThan(values[4 * 7 + 4]!);
  expect(edgeImportance({ images: convertLayout(images, 'NHWC', 'NCHW'), layout: 'NCHW' }).values).toEqual(values);
});
