import { expect, test } from '@jest/globals';
import { convertLayout, tensor, type Metric, type MetricSubject } from '@pellucid/core';
import { areaUnderCurve, resampleCurve } from '../src/faithfulness/perturbation-curve.ts';
import { accuracyInformationCurve, deletion, insertion, irof, pixelFlipping, regionPerturbation, road, selectivity, softmaxInformationCurve } from '../src/index.ts';
import { analyticModel, linear } from './analytic-model.ts';
import { linearSubject, randomTensor } from './linear-subject.ts';

const context = { seed: 5 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** A 2 x 2 image of ones whose log odds are the weights that are left. */
const small: MetricSubject = {
  model: analyticModel([1, 2, 2], 'NCHW', linear([3, -1, 2, 0.5])).model,
  input: tensor([1, 1, 2, 2], [1, 1, 1, 1]), targets: [0], values: tensor([1, 1, 2, 2], [4, 1, 3, 2]), layout: 'NCHW',
};

async function curveOf(metric: Metric, subject: MetricSubject = small): Promise<{ at: readonly number[]; curve: Float64Array; score: number }> {
  const { at, curves, scores } = (await metric.curves?.(subject, context)) ?? { at: [], curves: [], scores: [] };
  return { at, curve: curves[0] ?? new Float64Array(0), score: scores[0] ?? NaN };
}
const close = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => { expect(actual[i]).toBeCloseTo(value, 6); });
};

test('deletion, insertion and pixel flipping give what the score averages, from no pixel to all', async () => {
  const removed = await curveOf(deletion());
  expect(removed.at).toEqual([0, 0.25, 0.5, 0.75, 1]);
  close(removed.curve, [4.5, 1.5, -0.5, -1, 0].map(sigmoid));
  close((await curveOf(insertion({ substrate: 'zero' }))).curve, [0, 3, 5, 5.5, 4.5].map(sigmoid));
  close((await curveOf(pixelFlipping())).curve, [4.5, 1.5, -0.5, -1, 0]);
});

test('the last group of pixels may be smaller: positions are shares of pixels, not of steps', async () => {
  expect((await curveOf(deletion({ steps: 3 }))).at).toEqual([0, 0.25, 0.75, 1]);
});

test('region perturbation gives falls, negative for the least relevant first, half the difference of both for `combined`', async () => {
  const options = { side: 1, regions: 2, substrate: 'zero' } as const;
  const curve = async (order: 'morf' | 'lerf' | 'combined'): Promise<Float64Array> => (await curveOf(regionPerturbation({ ...options, order }))).curve;
  expect((await curveOf(regionPerturbation(options))).at).toEqual([0, 0.25, 0.5]);
  close(await curve('morf'), [0, 3, 5]);
  // The pixel of -1 goes first, then that of 0.5.
  close(await curve('lerf'), [0, 1, 0.5]);
  close(await curve('combined'), [0, 2, 2.75]);
});

test('ROAD gives the fall at each share in rising order, behind the whole image', async () => {
  const subject = linearSubject(6, 5, 'true');
  const [rising, mixed] = [await curveOf(road({ percents: [20, 50, 90] }), subject), await curveOf(road({ percents: [90, 20, 50] }), subject)];
  expect(mixed.at).toEqual([0, 0.2, 0.5, 0.9]);
  expect(mixed.curve).toEqual(rising.curve);
  expect(rising.curve[0]).toBe(0);
  expect(rising.score).toBeCloseTo((rising.curve[1]! + rising.curve[2]! + rising.curve[3]!) / 3, 12);
});

test.each<[string, Metric, (curve: Float64Array) => number]>([
  ['deletion', deletion(), areaUnderCurve],
  ['insertion', insertion(), areaUnderCurve],
  ['pixel flipping', pixelFlipping(), areaUnderCurve],
  ['selectivity', selectivity({ side: 2 }), areaUnderCurve],
  ['region perturbation', regionPerturbation({ side: 2, order: 'combined' }), (curve) => curve.reduce((a, b) => a + b, 0) / curve.length],
])('the score of %s sums up its curve', async (_name, metric, sum) => {
  const { curve, score } = await curveOf(metric, linearSubject(8, 8, 'true'));
  expect(curve.length).toBeGreaterThan(8);
  expect(score).toBeCloseTo(sum(curve), 12);
});

test('superpixels of every image are read off on one axis', async () => {
  const input = randomTensor([2, 1, 12, 12], 'images');
  input.data.fill(0.5, 144);
  const subject = { ...small, model: analyticModel([1, 12, 12], 'NCHW', linear([...randomTensor([144], 'weights').data])).model, input, values: input, targets: [0, 0] };
  const { at, curves } = (await irof({ segments: 8 }).curves?.(subject, context)) ?? { at: [], curves: [] };
  expect(at).toEqual([0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]);
  expect(curves.map((curve) => curve[0])).toEqual([1, 1]);
  // The mean colour of a grey image changes nothing.
  close(curves[1]!, at.map(() => 1));
});

test('a curve is read off between its points, at a jump behind it, beyond its ends at the ends', () => {
  expect([...resampleCurve([0.2, 0.6, 0.6, 1], [0, 4, 5, 7], [0, 0.2, 0.4, 0.6, 0.8, 1])]).toEqual([0, 0, expect.closeTo(2, 12), 5, expect.closeTo(6, 12), 7]);
});

test.each([softmaxInformationCurve, accuracyInformationCurve])('$name: a curve over the information that never falls, and none where there is no score', async (metric) => {
  const subject = linearSubject(16, 16, 'true');
  const target = (await subject.model.evaluate({ input: subject.input })).logits.data[0]! > 0 ? 0 : 1;
  const flip = target === 0 ? 1 : -1;
  const maps = { ...subject.values, data: subject.values.data.map((value) => value * flip) };
  const { at, curve, score } = await curveOf(metric({ steps: 64 }), { ...subject, values: maps, targets: [target] });
  expect(at).toHaveLength(65);
  expect(curve.every((value, i) => i === 0 || value >= curve[i - 1]!)).toBe(true);
  expect(curve.at(-1)).toBe(1);
  // Read off at 65 places, the area differs by less than the jumps between them.
  expect(Math.abs(areaUnderCurve(curve) - score)).toBeLessThan(1 / 64);
  const none = await curveOf(metric({ steps: 64 }), { ...subject, input: tensor([1, 1, 16, 16], new Float32Array(256)), targets: [1 - target] });
  expect(none.score).toBeNaN();
  expect(none.curve.every(Number.isNaN)).toBe(true);
});

test('curves do not depend on the layout', async () => {
  const input = randomTensor([1, 1, 8, 8], 'image');
  const weights = linear([...randomTensor([64], 'weights').data]);
  const first = { ...small, model: analyticModel([1, 8, 8], 'NCHW', weights).model, input, values: input };
  const last = { ...first, model: analyticModel([8, 8, 1], 'NHWC', weights).model, input: convertLayout(input, 'NCHW', 'NHWC') };
  for (const metric of [deletion(), regionPerturbation({ side: 2 }), road()]) expect(await curveOf(metric, last)).toEqual(await curveOf(metric, first));
});
