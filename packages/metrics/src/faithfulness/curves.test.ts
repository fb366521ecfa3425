import { expect, test } from '@jest/globals';
import { convertLayout, randomStream, tensor, zeros, type Layout, type MetricSubject, type Tensor } from '@pellucid/core';
import { analyticModel, linear } from '../../test/analytic-model.ts';
import { deletion } from './deletion.ts';
import { insertion } from './insertion.ts';
import { areaUnderCurve, stepBoundaries } from './perturbation-curve.ts';
import { makeSubstrate } from '../removal/substrate.ts';

const context = { seed: 0 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const WEIGHTS = [3, -1, 2, 0.5];
/** A 2 x 2 image of ones with one channel: the log odds are the sum of the weights that are left. */
const small = (values: readonly number[], weights: readonly number[] = WEIGHTS): MetricSubject => ({
  model: analyticModel([1, 2, 2], 'NCHW', linear(weights)).model,
  input: tensor([1, 1, 2, 2], [1, 1, 1, 1]),
  targets: [0],
  values: tensor([1, 1, 2, 2], values),
  layout: 'NCHW',
});
const random = (shape: number[], name: string): Tensor => {
  const { normal } = randomStream(1, name);
  const result = zeros(shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = normal();
  return result;
};

test('the area is the trapezoid rule over the unit interval', () => {
  expect(areaUnderCurve(Float64Array.of(1, 0.5, 0.25))).toBe((1.75 - 0.625) / 2);
  expect(areaUnderCurve(Float64Array.of(0.3, 0.3, 0.3, 0.3))).toBeCloseTo(0.3, 15);
  expect(areaUnderCurve(Float64Array.of(1, 0))).toBe(0.5);
});

test('steps cover all pixels in equal groups, and never more steps than pixels', () => {
  expect(stepBoundaries(8, 4)).toEqual([0, 2, 4, 6, 8]);
  expect(stepBoundaries(3, 32)).toEqual([0, 1, 2, 3]);
  expect(stepBoundaries(10, 3)).toEqual([0, 3, 7, 10]);
});

test('deletion of a linear model equals the curve computed by hand', async () => {
  // Order by map: pixels 0, 2, 3, 1; left over: 4.5, 1.5, -0.5, -1, 0.
  const curve = [4.5, 1.5, -0.5, -1, 0].map(sigmoid);
  const byHand = (curve.reduce((a, b) => a + b) - (curve[0]! + curve[4]!) / 2) / 4;
  const [score] = await deletion().score(small([4, 1, 3, 2]), context);
  expect(score).toBeCloseTo(byHand, 6);
});

test('insertion onto zeros of a linear model equals the curve computed by hand', async () => {
  const curve = [0, 3, 5, 5.5, 4.5].map(sigmoid);
  const byHand = (curve.reduce((a, b) => a + b) - (curve[0]! + curve[4]!) / 2) / 4;
  const [score] = await insertion({ substrate: 'zero' }).score(small([4, 1, 3, 2]), context);
  expect(score).toBeCloseTo(byHand, 6);
});

test('one step scores the mean of the whole image and the empty one, whatever the map', async () => {
  for (const values of [[1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 0, 0]]) {
    const [score] = await deletion({ steps: 1 }).score(small(values), context);
    expect(score).toBeCloseTo((sigmoid(4.5) + 0.5) / 2, 6);
  }
});

test('equal pixels go in row-major order, also after different ones', async () => {
  const score = async (values: number[]): Promise<number> => (await deletion().score(small(values), context))[0]!;
  expect(await score([5, 5, 5, 5])).toBe(await score([4, 3, 2, 1]));
  expect(await score([0, 0, -0, 7])).toBe(await score([3, 2, 1, 4]));
});

test('signs count: a map turned around scores the opposite order', async () => {
  const score = async (values: number[]): Promise<number> => (await deletion().score(small(values), context))[0]!;
  expect(await score([-4, -1, -3, -2])).toBe(await score([1, 4, 2, 3]));
});

test('an image of a single pixel has a curve of two points', async () => {
  const subject: MetricSubject = {
    model: analyticModel([1, 1, 1], 'NCHW', linear([2])).model,
    input: tensor([1, 1, 1, 1], [1]), targets: [0], values: tensor([1, 1, 1, 1], [9]), layout: 'NCHW',
  };
  expect((await deletion().score(subject, context))[0]).toBeCloseTo((sigmoid(2) + sigmoid(0)) / 2, 6);
  // Nothing can be blurred away.
  expect((await insertion().score(subject, context))[0]).toBeCloseTo(sigmoid(2), 6);
});

test('the true weights score better than any other order of the pixels', async () => {
  const score = async (metric: typeof deletion, values: number[]): Promise<number> =>
    (await metric({ substrate: 'zero' }).score(small(values), context))[0]!;
  const orders = Array.from({ length: 24 }, (_, seed) => randomStream(seed, 'order').permutation(4));
  for (const order of orders) {
    expect(await score(deletion, WEIGHTS)).toBeLessThanOrEqual(await score(deletion, order));
    expect(await score(insertion, WEIGHTS)).toBeGreaterThanOrEqual(await score(insertion, order));
  }
});

const weights = [...random([3 * 6 * 5], 'weights').data];
const images = random([4, 3, 6, 5], 'images');
const maps = random([4, 3, 6, 5], 'maps');
const colour = (bytesPerSample = 1): ReturnType<typeof analyticModel> => analyticModel([3, 6, 5], 'NCHW', linear(weights, 0.3), bytesPerSample);

test.each([deletion, insertion])('$name of a sample does not depend on the other samples or the chunks', async (metric) => {
  const together = await metric().score({ model: colour().model, input: images, targets: [0, 1, 0, 1], values: maps, layout: 'NCHW' }, context);
  for (let sample = 0; sample < 4; sample++) {
    const slice = ({ data }: Tensor): Tensor => tensor([1, 3, 6, 5], data.slice(sample * 90, (sample + 1) * 90));
    const { model, batches } = colour(100);
    const subject: MetricSubject = { model, input: slice(images), targets: [sample % 2], values: slice(maps), layout: 'NCHW' };
    const alone = await metric().score(subject, { seed: 0, memoryBudget: 300 });
    expect(alone[0]).toBe(together[sample]);
    expect(Math.max(...batches)).toBe(3);
  }
});

test.each([deletion, insertion])('$name is the same in both layouts of model and map', async (metric) => {
  const targets = [0, 1, 0, 1];
  const toChannelsFirst = (values: Float32Array): Float32Array => convertLayout(tensor([1, 6, 5, 3], values), 'NHWC', 'NCHW').data;
  const channelsLast = analyticModel([6, 5, 3], 'NHWC', (values) => linear(weights, 0.3)(toChannelsFirst(values))).model;
  const inputs: Record<'NCHW' | 'NHWC', Pick<MetricSubject, 'model' | 'input'>> = {
    NCHW: { model: colour().model, input: images },
    NHWC: { model: channelsLast, input: convertLayout(images, 'NCHW', 'NHWC') },
  };
  const scores: Float64Array[] = [];
  for (const model of ['NCHW', 'NHWC'] as const) {
    for (const layout of ['NCHW', 'NHWC'] as const) {
      const values = convertLayout(maps, 'NCHW', layout);
      scores.push(await metric().score({ ...inputs[model], targets, values, layout }, context));
    }
  }
  for (const other of scores) {
    for (let sample = 0; sample < 4; sample++) expect(other[sample]).toBeCloseTo(scores[0]![sample]!, 6);
  }
});

test('channels of a map are added up: a map of one channel scores as its copy spread over three', async () => {
  const one = random([4, 1, 6, 5], 'one channel');
  const spread = zeros([4, 3, 6, 5]);
  for (let i = 0; i < spread.data.length; i++) spread.data[i] = one.data[Math.floor(i / 90) * 30 + (i % 30)]! * [2, -4, 3][Math.floor(i / 30) % 3]!;
  const subject = { model: colour().model, input: images, targets: [0, 0, 0, 0], layout: 'NCHW' as Layout };
  const a = await deletion().score({ ...subject, values: one }, context);
  expect(await deletion().score({ ...subject, values: spread }, context)).toEqual(a);
});

test('substrates: zeros, the mean of each channel, a blur that keeps constant images', () => {
  const image = convertLayout(tensor([1, 2, 2, 2], [1, 2, 3, 6, 10, 20, 30, 60]), 'NCHW', 'NHWC');
  expect([...makeSubstrate('zero', image, 'NHWC').data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...makeSubstrate('mean', image, 'NHWC').data]).toEqual([3, 30, 3, 30, 3, 30, 3, 30]);
  const constant = tensor([1, 1, 4, 9], new Float32Array(36).fill(0.25));
  for (const value of makeSubstrate('blur', constant, 'NCHW').data) expect(value).toBeCloseTo(0.25, 6);
});

test('the blur takes most of a checkerboard away', () => {
  const board = tensor([1, 1, 32, 32], Float32Array.from({ length: 1024 }, (_, i) => (Math.floor(i / 32) + i) % 2));
  for (const value of makeSubstrate('blur', board, 'NCHW').data) expect(Math.abs(value - 0.5)).toBeLessThan(0.05);
});

test.each([
  ['maps of another size', { values: zeros([1, 1, 2, 3]) }, 'SHAPE_MISMATCH'],
  ['maps of other samples', { values: zeros([2, 1, 2, 2]) }, 'SHAPE_MISMATCH'],
  ['maps without height and width', { values: zeros([1, 4]), layout: 'NC' as Layout }, 'SHAPE_MISMATCH'],
  ['NaN in a map', { values: tensor([1, 1, 2, 2], [0, NaN, 0, 0]) }, 'INPUT_NOT_FINITE'],
  ['too few targets', { targets: [] }, 'SHAPE_MISMATCH'],
  ['a target out of range', { targets: [2] }, 'TARGET_OUT_OF_RANGE'],
  ['an input of another shape', { input: zeros([1, 1, 3, 3]) }, 'SHAPE_MISMATCH'],
])('%s are refused', async (_, change, code) => {
  await expect(deletion().score({ ...small([1, 2, 3, 4]), ...change }, context)).rejects.toMatchObject({ code });
});

test('a model whose input has no image axes is refused', async () => {
  const { model } = analyticModel([4], 'NC', linear(WEIGHTS));
  const subject: MetricSubject = { model, input: zeros([1, 4]), targets: [0], values: zeros([1, 4]), layout: 'NC' };
  await expect(insertion().score(subject, context)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});

test('an abort stops the scores', async () => {
  await expect(deletion().score(small([1, 2, 3, 4]), { seed: 0, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('unknown options are named', () => {
  expect(() => deletion({ stepz: 3 } as object)).toThrow(/stepz.*steps/);
  expect(() => deletion({ steps: 0 })).toThrow(/integer >= 1/);
});
