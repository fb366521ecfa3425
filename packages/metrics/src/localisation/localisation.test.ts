import { expect, test } from '@jest/globals';
import { tensor, type Metric, type MetricSubject, type Tensor } from '@pellucid/core';
import { analyticModel, linear } from '../../test/analytic-model.ts';
import { linearSubject, randomTensor } from '../../test/linear-subject.ts';
import { energyInside } from './energy-inside.ts';
import { focus } from './focus.ts';
import { makeMosaics } from './mosaics.ts';
import { pointingGame } from './pointing-game.ts';
import { relevanceMassAccuracy } from './relevance-mass-accuracy.ts';
import { relevanceRankAccuracy } from './relevance-rank-accuracy.ts';
import { rocAuc } from './roc-auc.ts';
import { topKIntersection } from './top-k-intersection.ts';

/** A 2 x 3 image whose object is its first column. */
const MASK = [1, 0, 0, 1, 0, 0];
const masked = (map: readonly number[], mask: readonly number[] = MASK): MetricSubject => ({ ...linearSubject(2, 3, map), masks: tensor([1, 2, 3], mask) });
const scoreOf = async (metric: Metric, map: readonly number[], mask?: readonly number[]): Promise<number> =>
  (await metric.score(masked(map, mask), { seed: 0 }))[0]!;

const ALL: [string, Metric][] = [
  ['pointing game', pointingGame()], ['energy inside', energyInside()], ['top-k', topKIntersection({ k: 2 })], ['relevance mass', relevanceMassAccuracy()],
  ['relevance rank', relevanceRankAccuracy()], ['ROC AUC', rocAuc()], ['focus', focus()],
];

test.each(ALL)('%s of the mask itself is 1, and of what lies outside 0', async (_, metric) => {
  expect(await scoreOf(metric, MASK)).toBe(1);
  expect(await scoreOf(metric, MASK.map((inside) => 1 - inside))).toBe(0);
});

test.each(ALL)('%s of an empty mask is no number, rather than a hit or a miss', async (_, metric) => {
  expect(await scoreOf(metric, [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0])).toBeNaN();
});

test.each(ALL)('%s of a constant map is what chance gives, whatever the order of the pixels', async (name, metric) => {
  const chance = name === 'ROC AUC' ? 0.5 : 1 / 3;
  for (const value of [0, 7, -7]) {
    expect(await scoreOf(metric, new Array<number>(6).fill(value))).toBeCloseTo(chance, 12);
    expect(await scoreOf(metric, new Array<number>(6).fill(value), [0, 0, 1, 0, 0, 1])).toBeCloseTo(chance, 12);
  }
});

test.each(ALL)('%s of random maps is on average what chance gives', async (name, metric) => {
  const count = 400;
  const batch: MetricSubject = {
    ...masked(MASK), input: tensor([count, 1, 2, 3], new Float32Array(count * 6)), targets: new Array<number>(count).fill(0), values: randomTensor([count, 1, 2, 3], name),
    masks: tensor([count, 2, 3], Array.from({ length: count }, () => MASK).flat()),
  };
  const scores = await metric.score(batch, { seed: 0 });
  const mean = scores.reduce((a, b) => a + b, 0) / count;
  const deviation = Math.sqrt(scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  // Five standard errors.
  expect(Math.abs(mean - (name === 'ROC AUC' ? 0.5 : 1 / 3))).toBeLessThan((5 * deviation) / Math.sqrt(count));
});

test.each(ALL)('%s of an image of one pixel: all of it is the object', async (name, metric) => {
  const one: MetricSubject = {
    model: analyticModel([1, 1, 1], 'NCHW', linear([1])).model, input: tensor([1, 1, 1, 1], [1]), targets: [0], values: tensor([1, 1, 1, 1], [3]), layout: 'NCHW',
    masks: tensor([1, 1, 1], [1]),
  };
  const [score] = await metric.score(one, { seed: 0 });
  if (name === 'ROC AUC') expect(score).toBeNaN();
  else expect(score).toBe(1);
});

test.each(ALL)('%s does not depend on what else is in the batch', async (_, metric) => {
  const pair: MetricSubject = {
    ...masked(MASK), input: tensor([2, 1, 2, 3], new Float32Array(12)), targets: [0, 0], values: tensor([2, 1, 2, 3], [3, 1, 0, 2, 5, 1, 1000, -5, 2000, 0, 0, 3000]),
    masks: tensor([2, 2, 3], [...MASK, ...MASK]),
  };
  expect((await metric.score(pair, { seed: 0 }))[0]).toBe(await scoreOf(metric, [3, 1, 0, 2, 5, 1]));
});

test('several highest pixels count by their share on the object', async () => {
  expect(await scoreOf(pointingGame(), [5, 5, 0, 5, 0, 5])).toBe(0.5);
});

test('a hit may be near the object where that is allowed, by the distance in pixels', async () => {
  const beside = [0, 9, 0, 0, 0, 0];
  expect(await scoreOf(pointingGame(), beside)).toBe(0);
  expect(await scoreOf(pointingGame({ tolerance: 1 }), beside)).toBe(1);
  expect(await scoreOf(pointingGame({ tolerance: 1 }), [0, 0, 9, 0, 0, 0])).toBe(0);
  // Across a corner is further than one pixel.
  expect(await scoreOf(pointingGame({ tolerance: 1 }), beside, [0, 0, 0, 1, 0, 0])).toBe(0);
});

test('evidence against the target counts only where that is asked for', async () => {
  const map = [1, 3, 0, -4, 0, 0];
  expect(await scoreOf(energyInside(), map)).toBe(0.25);
  expect(await scoreOf(energyInside({ evidence: 'magnitude' }), map)).toBe(5 / 8);
  expect(await scoreOf(relevanceMassAccuracy({ evidence: 'magnitude' }), map)).toBe(5 / 8);
  expect(await scoreOf(pointingGame(), map)).toBe(0);
  expect(await scoreOf(pointingGame({ evidence: 'magnitude' }), map)).toBe(1);
});

test('relative to the area, a constant map is at 1 whatever the size of image, object and batch', async () => {
  const metric = energyInside({ relativeToArea: true });
  expect(await scoreOf(metric, [2, 2, 2, 2, 2, 2])).toBeCloseTo(1, 12);
  expect(await scoreOf(metric, [2, 2, 2, 2, 2, 2], [1, 1, 1, 1, 0, 0])).toBeCloseTo(1, 12);
  expect(await scoreOf(metric, MASK)).toBeCloseTo(3, 12);
});

test('of equal pixels at the limit the expected number counts', async () => {
  // The first goes in; one of the four zeros is on the object.
  expect(await scoreOf(topKIntersection({ k: 2 }), [9, 0, 0, 0, 0, -1])).toBe((1 + 1 / 4) / 2);
  expect(await scoreOf(topKIntersection({ k: 50 }), [6, 5, 4, 3, 2, 1])).toBe(1 / 3);
});

test('ROC AUC counts pairs of pixels by hand, ties half', async () => {
  // Object: 3 and 1; outside: 2, 1, 0, 0: 3 wins all four; 1 loses one, ties one, wins two.
  expect(await scoreOf(rocAuc(), [3, 2, 1, 1, 0, 0])).toBe((4 + 2.5) / 8);
  expect(await scoreOf(rocAuc(), [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1])).toBeNaN();
});

test.each<[string, Partial<MetricSubject>, string]>([
  ['no masks', { masks: undefined }, 'REQUEST_INVALID'],
  ['masks of another size', { masks: tensor([1, 3, 2], MASK) }, 'SHAPE_MISMATCH'],
  ['masks of grey', { masks: tensor([1, 2, 3], [0.5, 0, 0, 1, 0, 0]) }, 'REQUEST_INVALID'],
  ['masks of NaN', { masks: tensor([1, 2, 3], [NaN, 0, 0, 1, 0, 0]) }, 'INPUT_NOT_FINITE'],
])('%s are refused', async (_, change, code) => {
  await expect(pointingGame().score({ ...masked(MASK), ...change }, { seed: 0 })).rejects.toMatchObject({ code });
});

const images: Tensor = tensor([5, 1, 2, 2], Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) + 1));
const labels = Int32Array.of(0, 0, 1, 1, 2);

test('mosaics hold two images of the target class, where the mask says, and two of others', () => {
  const { input, targets, masks } = makeMosaics({ images, labels, layout: 'NCHW' }, { count: 20, seed: 3 });
  expect(input.shape).toEqual([20, 1, 4, 4]);
  expect(masks.shape).toEqual([20, 4, 4]);
  const places = new Set<string>();
  for (let mosaic = 0; mosaic < 20; mosaic++) {
    const own = [...masks.data.subarray(mosaic * 16, mosaic * 16 + 16)];
    expect(own.filter((inside) => inside === 1)).toHaveLength(8);
    own.forEach((inside, pixel) => {
      expect(labels[input.data[mosaic * 16 + pixel]! - 1] === targets[mosaic] ? 1 : 0).toBe(inside);
    });
    expect(new Set(input.data.subarray(mosaic * 16, mosaic * 16 + 16)).size).toBe(4);
    places.add(own.join());
  }
  expect(places.size).toBeGreaterThan(1);
  expect(makeMosaics({ images, labels, layout: 'NCHW' }, { count: 20, seed: 3 }).input).toEqual(input);
});

test('mosaics can have the size of the images', () => {
  const { input, masks } = makeMosaics({ images, labels, layout: 'NCHW' }, { count: 2, size: [2, 2] });
  expect([input.shape, masks.shape]).toEqual([[2, 1, 2, 2], [2, 2, 2]]);
  expect(masks.data.reduce((a, b) => a + b)).toBe(4);
});

test('images that give no mosaic are refused', () => {
  expect(() => makeMosaics({ images, labels: Int32Array.of(0, 1, 2, 3, 4), layout: 'NCHW' }, { count: 1 })).toThrow(/no class has two/);
  expect(() => makeMosaics({ images, labels: Int32Array.of(0, 0, 0, 0, 1), layout: 'NCHW' }, { count: 1 })).toThrow(/other classes/);
});
