import { expect, test } from '@jest/globals';
import { convertLayout, tensor, type LabelledImages, type Tensor } from '@pellucid/core';
import type { Retrain } from '../pruning/pruning.ts';
import { pixelRanks } from './pixel-ranks.ts';
import { kar, roar } from './remove-and-retrain.ts';
import { channelMeans, replacePixels } from './replace-pixels.ts';
import { retrainingCurve } from './retraining-curve.ts';

const imagesOf = (values: readonly number[], shape: readonly [number, number, number, number]): LabelledImages => ({
  name: 'tiny', images: tensor(shape, values), layout: 'NHWC', labels: new Int32Array(shape[0]), classNames: ['off', 'on'],
});

/** Images of 2 x 2 pixels; the class is whether the pixel at a place, which differs from image to image, is bright. */
const PLACES = [0, 3, 1, 2, 2, 0, 1, 3];
const LABELS = [0, 1, 1, 0, 1, 1, 0, 0];
const data: LabelledImages = {
  ...imagesOf(LABELS.flatMap((label, i) => [0, 1, 2, 3].map((place) => (place === PLACES[i] ? label : 0.5))), [8, 2, 2, 1]),
  labels: Int32Array.from(LABELS),
};
/** Maps that name the pixel that decides, or all but it. */
const mapsOf = (value: (isPlace: boolean) => number): Tensor => tensor([8, 2, 2, 1], PLACES.flatMap((at) => [0, 1, 2, 3].map((place) => value(place === at))));
const right = pixelRanks(mapsOf((isPlace) => (isPlace ? -1 : 0)), 'NHWC');
const wrong = pixelRanks(mapsOf((isPlace) => (isPlace ? 0 : 1)), 'NHWC');

/** A network that learnt to look for a pixel at 0 or 1; where there is none it says `off`. */
const lookForPixel: Retrain = ({ test: { images, labels } }) =>
  Promise.resolve(Uint8Array.from(labels, (label, i) => (Number(images.data.subarray(4 * i, 4 * i + 4).some((value) => value === 1)) === label ? 1 : 0)));

const request = { train: data, test: data, retrain: lookForPixel, percents: [25, 50, 75], retrainings: 2 } as const;
const accuracies = ({ accuracies: rows }: { readonly accuracies: readonly (readonly number[])[] }): readonly number[] => rows[0]!;

test('removing what a right map names leaves chance, removing what a wrong one names costs nothing until the end', async () => {
  const good = await roar({ ...request, trainRanks: right, testRanks: right });
  expect(good.at).toEqual([0, 0.25, 0.5, 0.75]);
  expect(accuracies(good)).toEqual([100, 50, 50, 50]);
  const bad = await roar({ ...request, trainRanks: wrong, testRanks: wrong });
  expect(accuracies(bad)).toEqual([100, 100, 100, 100]);
});

test('keeping what a right map names costs nothing, keeping what a wrong one names leaves chance', async () => {
  const good = await kar({ ...request, trainRanks: right, testRanks: right });
  expect(good.at).toEqual([0.25, 0.5, 0.75, 1]);
  expect(accuracies(good)).toEqual([100, 100, 100, 100]);
  expect(accuracies(await kar({ ...request, trainRanks: wrong, testRanks: wrong }))).toEqual([50, 50, 50, 100]);
});

test('the mean score is the area under the accuracy, by the trapezoid rule', async () => {
  const { scores } = await roar({ ...request, trainRanks: right, testRanks: right });
  expect(scores.reduce((sum, score) => sum + score, 0) / scores.length).toBeCloseTo((75 * 0.25 + 50 * 0.5) / 0.75, 12);
  // An image that stays right scores 100; one that is wrong as soon as its pixel is gone keeps half of the first step.
  expect([...scores].map((score) => Math.round(score * 1e9) / 1e9)).toEqual(LABELS.map((label) => (label === 0 ? 100 : 16.666666667)));
});

test('shares need not be equally wide', () => {
  const [yes, no] = [Uint8Array.of(1), Uint8Array.of(0)];
  const { at, scores, accuracies: rows } = retrainingCurve('roar', [10, 50], { whole: [yes, yes], changed: [[yes, no], [no, no]] });
  expect(at).toEqual([0, 0.1, 0.5]);
  expect(rows).toEqual([[100, 100, 0], [100, 0, 0]]);
  expect(scores[0]).toBeCloseTo((100 * (0.1 * (1 + 0.5) / 2 + 0.4 * 0.25)) / 0.5, 12);
  expect(retrainingCurve('kar', [50], { whole: [yes], changed: [[no]] })).toEqual({ at: [0.5, 1], accuracies: [[0, 100]], scores: Float64Array.of(50) });
});

test('every retraining has a seed of its own, the same for every share, and the training mean fills in test images, too', async () => {
  const seen: { seed: number; train: number[]; test: number[] }[] = [];
  const record: Retrain = ({ train, test: tested }, { seed }) => {
    seen.push({ seed, train: [...train.images.data], test: [...tested.images.data] });
    return Promise.resolve(Uint8Array.of(1));
  };
  const ranks = pixelRanks(tensor([1, 1, 2, 1], [1, 2]), 'NHWC');
  await roar({
    train: imagesOf([1, 5], [1, 1, 2, 1]), test: imagesOf([7, 8], [1, 1, 2, 1]), trainRanks: ranks, testRanks: ranks, percents: [50], retrainings: 2, seed: 4, retrain: record,
  });
  expect(seen.map(({ seed }) => seed)).toEqual([4, 5, 4, 5]);
  expect(seen.slice(2).map(({ train, test: tested }) => [...train, ...tested])).toEqual([[1, 3, 7, 3], [1, 3, 7, 3]]);
});

test('ranks follow magnitudes added up over channels, ties in row-major order, in both layouts', () => {
  const maps = tensor([2, 1, 3, 2], [1, -1, 0, 3, 2, 0, 5, 5, 5, 5, 5, 5]);
  const ranks = pixelRanks(maps, 'NHWC');
  expect(ranks.shape).toEqual([2, 1, 1, 3]);
  expect([...ranks.data]).toEqual([1, 0, 2, 0, 1, 2]);
  expect(pixelRanks(convertLayout(maps, 'NHWC', 'NCHW'), 'NCHW')).toEqual(ranks);
});

test('whole pixels are replaced, each image by its own ranking, exactly as many as asked for', () => {
  const twoChannels = imagesOf(Array.from({ length: 16 }, (_, i) => i), [2, 2, 2, 2]);
  const fill = channelMeans(twoChannels);
  expect([...fill]).toEqual([7, 8]);
  const ranks = tensor([2, 1, 2, 2], [0, 1, 2, 3, 3, 2, 1, 0]);
  const changed = replacePixels(twoChannels, ranks, { replaced: 'top', percent: 50, fill });
  expect([...changed.images.data]).toEqual([7, 8, 7, 8, 4, 5, 6, 7, 8, 9, 10, 11, 7, 8, 7, 8]);
  const kept = replacePixels(twoChannels, ranks, { replaced: 'rest', percent: 50, fill });
  expect([...kept.images.data]).toEqual([0, 1, 2, 3, 7, 8, 7, 8, 7, 8, 7, 8, 12, 13, 14, 15]);
  const first: LabelledImages = { ...twoChannels, images: convertLayout(twoChannels.images, 'NHWC', 'NCHW'), layout: 'NCHW' };
  expect(channelMeans(first)).toEqual(fill);
  expect(convertLayout(replacePixels(first, ranks, { replaced: 'top', percent: 50, fill }).images, 'NCHW', 'NHWC')).toEqual(changed.images);
  expect([...twoChannels.images.data.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
});

test.each([[1, 1], [30, 1], [40, 2], [60, 2], [90, 4], [100, 4]])('%d %% of four pixels are %d', (percent, count) => {
  const one = imagesOf([1, 1, 1, 1], [1, 2, 2, 1]);
  const { images } = replacePixels(one, tensor([1, 1, 2, 2], [2, 0, 1, 3]), { replaced: 'top', percent, fill: [0] });
  expect(images.data.reduce((sum, value) => sum + 1 - value, 0)).toBe(count);
});

test('what does not fit is refused', async () => {
  const ranks = tensor([1, 1, 2, 2], [0, 1, 2, 3]);
  expect(() => replacePixels(data, ranks, { replaced: 'top', percent: 50, fill: [0] })).toThrow(/\[8, 1, 2, 2\].*\[1, 1, 2, 2\]/);
  expect(() => replacePixels(imagesOf([1, 1, 1, 1], [1, 2, 2, 1]), ranks, { replaced: 'top', percent: 0, fill: [0] })).toThrow(/above 0/);
  expect(() => pixelRanks(tensor([1, 1, 1, 2], [1, NaN]), 'NHWC')).toThrow(/not finite|NaN/);
  const asked = { ...request, trainRanks: right, testRanks: right };
  for (const percents of [[], [0], [100], [50, 10], [50, 50]]) await expect(roar({ ...asked, percents })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await expect(kar({ ...asked, retrainings: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  expect(() => retrainingCurve('roar', [10], { whole: [Uint8Array.of(1)], changed: [[Uint8Array.of(1, 0)]] })).toThrow(/same test images/);
  expect(() => retrainingCurve('roar', [10, 20], { whole: [Uint8Array.of(1)], changed: [[Uint8Array.of(1)]] })).toThrow(/every share/);
});

test('a curve stops where it is told to', async () => {
  const abort = new AbortController();
  const retrain: Retrain = (sets, context) => {
    abort.abort();
    return lookForPixel(sets, context);
  };
  await expect(roar({ ...request, trainRanks: right, testRanks: right, retrain, signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
});
