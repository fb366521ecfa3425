import { expect, test } from '@jest/globals';
import { tensor, zeros, type Metric, type MetricSubject } from '@pellucid/core';
import { analyticModel, linear } from '../../test/analytic-model.ts';
import { linearSubject, randomTensor } from '../../test/linear-subject.ts';
import { deletion } from './deletion.ts';
import { faithfulnessCorrelation } from './faithfulness-correlation.ts';
import { faithfulnessEstimate } from './faithfulness-estimate.ts';
import { infidelity, meanSquaredGap } from './infidelity.ts';
import { insertion } from './insertion.ts';
import { irof } from './irof.ts';
import { monotonicityArya } from './monotonicity-arya.ts';
import { monotonicityNguyen } from './monotonicity-nguyen.ts';
import { pixelFlipping } from './pixel-flipping.ts';
import { regionPerturbation } from './region-perturbation.ts';
import { road } from './road.ts';
import { selectivity } from './selectivity.ts';
import { sensitivityN } from './sensitivity-n.ts';
import { sufficiency } from './sufficiency.ts';

const scoreOf = async (metric: Metric, subject: MetricSubject, seed = 0): Promise<number> => (await metric.score(subject, { seed }))[0]!;
const flat = (subject: MetricSubject): MetricSubject => ({ ...subject, model: analyticModel(subject.input.shape.slice(1), 'NCHW', () => [1, 0]).model });

const CORRELATIONS: [string, Metric][] = [
  ['sensitivity-n', sensitivityN()], ['faithfulness correlation', faithfulnessCorrelation()], ['faithfulness estimate', faithfulnessEstimate()],
];

test.each(CORRELATIONS)('%s of the true contributions of a linear model is 1, turned around -1', async (_, metric) => {
  expect(await scoreOf(metric, linearSubject(6, 5, 'true'))).toBeCloseTo(1, 6);
  expect(await scoreOf(metric, linearSubject(6, 5, 'opposite'))).toBeCloseTo(-1, 6);
});

test.each(CORRELATIONS)('%s of a constant map or a constant model is 0', async (_, metric) => {
  expect(await scoreOf(metric, linearSubject(6, 5, new Array<number>(30).fill(0.3)))).toBeCloseTo(0, 12);
  expect(await scoreOf(metric, flat(linearSubject(6, 5, 'true')))).toBe(0);
});

test.each(CORRELATIONS)('%s of a random map lies below that of the true one', async (_, metric) => {
  expect(await scoreOf(metric, linearSubject(6, 5, [...randomTensor([30], 'random map').data]))).toBeLessThan(0.8);
});

const HIGHER: [string, Metric][] = [
  ['insertion', insertion({ substrate: 'zero' })], ['region perturbation', regionPerturbation({ side: 1, substrate: 'zero' })],
  ['region perturbation, least relevant first', regionPerturbation({ side: 1, substrate: 'zero', order: 'lerf' })],
  ['region perturbation, combined', regionPerturbation({ side: 1, substrate: 'zero', order: 'combined' })],
  ['IROF', irof({ segments: 30, substrate: 'zero' })], ['ROAD', road()],
];
const LOWER: [string, Metric][] = [
  ['deletion', deletion()], ['pixel flipping', pixelFlipping()], ['selectivity', selectivity({ side: 1 })],
];

test.each(HIGHER)('%s ranks the true map above random ones and those above the opposite', async (_, metric) => {
  const random = await scoreOf(metric, linearSubject(6, 5, [...randomTensor([30], 'random map').data]));
  expect(await scoreOf(metric, linearSubject(6, 5, 'true'))).toBeGreaterThan(random);
  expect(random).toBeGreaterThan(await scoreOf(metric, linearSubject(6, 5, 'opposite')));
});

test.each(LOWER)('%s ranks the true map below random ones and those below the opposite', async (_, metric) => {
  const random = await scoreOf(metric, linearSubject(6, 5, [...randomTensor([30], 'random map').data]));
  expect(await scoreOf(metric, linearSubject(6, 5, 'true'))).toBeLessThan(random);
  expect(random).toBeLessThan(await scoreOf(metric, linearSubject(6, 5, 'opposite')));
});

test('a random order of regions does not look at the map', async () => {
  for (const metric of [regionPerturbation({ side: 1, order: 'random' }), road({ order: 'random' })]) {
    expect(await scoreOf(metric, linearSubject(6, 5, 'true'))).toBe(await scoreOf(metric, linearSubject(6, 5, 'opposite')));
    expect(await scoreOf(metric, linearSubject(6, 5, 'true'), 1)).not.toBe(await scoreOf(metric, linearSubject(6, 5, 'true'), 2));
  }
});

test('IROF of a constant model is 0, whatever the map', async () => {
  for (const map of ['true', 'opposite'] as const) expect(await scoreOf(irof(), flat(linearSubject(6, 5, map)))).toBeCloseTo(0, 12);
});

test('ROAD of a constant model is 0', async () => {
  expect(await scoreOf(road(), flat(linearSubject(6, 5, 'true')))).toBe(0);
});

test('ROAD takes images of several channels with maps of one, and exactly the asked share whatever the ties', async () => {
  const { model, batches } = analyticModel([3, 4, 5], 'NCHW', (x) => [x.reduce((a, b) => a + b, 0) / 10, 0]);
  const input = randomTensor([2, 3, 4, 5], 'colours');
  const tied: MetricSubject = { model, input, targets: [0, 1], values: zeros([2, 1, 4, 5]), layout: 'NCHW' };
  const scores = await road({ order: 'morf', percents: [50] }).score(tied, { seed: 0 });
  expect(scores.every(Number.isFinite)).toBe(true);
  expect(batches.reduce((a, b) => a + b)).toBe(4);
  // Equal pixels go in row-major order: the upper half, as a map that says so.
  const upper = Float32Array.from({ length: 40 }, (_, i) => (i % 20 < 10 ? 1 : 0));
  expect(await road({ order: 'morf', percents: [50] }).score({ ...tied, values: tensor([2, 1, 4, 5], upper) }, { seed: 0 })).toEqual(scores);
});

test('monotonicity after Arya holds for contributions that are all positive, and sees a fall', async () => {
  const positive = Array.from({ length: 30 }, (_, i) => Math.abs(linearSubject(6, 5, 'true').weights[i]!) * Math.sign(linearSubject(6, 5, 'true').weights[i]!));
  const good = linearSubject(6, 5, 'true', positive);
  expect(await scoreOf(monotonicityArya(), good)).toBe(1);
  expect(await scoreOf(monotonicityArya(), linearSubject(6, 5, 'true', positive.map((value, i) => (i === 7 ? -value : value))))).toBe(0);
});

test('monotonicity after Arya really puts pixels back: its images differ', async () => {
  const seen = new Set<number>();
  const { model } = analyticModel([1, 2, 2], 'NCHW', (x) => {
    const sum = x.reduce((a, b) => a + b, 0);
    seen.add(sum);
    return [sum, 0];
  });
  await monotonicityArya().score({ model, input: tensor([1, 1, 2, 2], [1, 2, 4, 8]), targets: [0], values: tensor([1, 1, 2, 2], [1, 2, 3, 4]), layout: 'NCHW' }, { seed: 0 });
  expect([0, 1, 3, 7, 15].every((sum) => seen.has(sum))).toBe(true);
});

test('monotonicity after Nguyen is 1 where magnitudes rank the influence of pixels, -1 where they rank it backwards', async () => {
  const weights = [1, 4, 16, 64, 256, 1024];
  const { model } = analyticModel([1, 2, 3], 'NCHW', linear(weights));
  const subject: MetricSubject = { model, input: tensor([1, 1, 2, 3], [0, 1, 0.5, 0.5, 1, 0]), targets: [0], values: tensor([1, 1, 2, 3], weights), layout: 'NCHW' };
  const metric = monotonicityNguyen({ objective: 'logit', draws: 40 });
  expect(await scoreOf(metric, subject)).toBe(1);
  expect(await scoreOf(metric, { ...subject, values: tensor([1, 1, 2, 3], weights.map((value) => -1 / value)) })).toBe(-1);
  expect(await scoreOf(metric, { ...subject, values: zeros([1, 1, 2, 3]) })).toBe(0);
});

test('infidelity of the gradient of a linear model is 0; of its multiples only when they are scaled', async () => {
  const { weights, ...subject } = linearSubject(6, 5, 'true');
  const of = (factor: number): MetricSubject => ({ ...subject, values: { shape: subject.input.shape, data: weights.map((value) => factor * value) } });
  expect(await scoreOf(infidelity({ normalise: false }), of(1))).toBeCloseTo(0, 10);
  expect(await scoreOf(infidelity({ normalise: true }), of(-3))).toBeCloseTo(0, 10);
  expect(await scoreOf(infidelity({ normalise: false }), of(2))).toBeGreaterThan(0.01);
});

test('infidelity of contributions is 0 for the true ones, with squares and with noise', async () => {
  const subject = linearSubject(6, 5, 'true');
  for (const perturbation of ['square', 'gaussian'] as const) {
    expect(await scoreOf(infidelity({ perturbation, contributions: true, normalise: false }), subject)).toBeCloseTo(0, 8);
  }
});

test('the gap of a map of zeros is the mean square of the changes', () => {
  expect(meanSquaredGap(Float64Array.of(0, 0), Float64Array.of(3, 1), true)).toBe(5);
  expect(meanSquaredGap(Float64Array.of(1, 2), Float64Array.of(2, 4), true)).toBeCloseTo(0, 12);
  expect(meanSquaredGap(Float64Array.of(1, 2), Float64Array.of(2, 4), false)).toBe(2.5);
});

test('sufficiency counts references with a map of the same direction', async () => {
  const subject = linearSubject(2, 2, [1, 0, 0, 0], [1, 1, 1, 1]);
  const predicted = subject.weights.reduce((a, b) => a + b) > 0 ? 0 : 1;
  const references = { values: tensor([4, 1, 2, 2], [5, 0, 0, 0, 2, 0.1, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0]), layout: 'NCHW' as const, predictions: [predicted, 1 - predicted, 1 - predicted, predicted] };
  expect(await scoreOf(sufficiency(), { ...subject, references })).toBeCloseTo(2 / 3, 12);
  expect(await scoreOf(sufficiency(), { ...subject, values: tensor([1, 1, 2, 2], [0, 0, 0, 1]), references })).toBeNaN();
  await expect(sufficiency().score(subject, { seed: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test.each([...CORRELATIONS, ...HIGHER, ...LOWER, ['monotonicity (Arya)', monotonicityArya()], ['monotonicity (Nguyen)', monotonicityNguyen()]] as [string, Metric][])(
  '%s of an image of one pixel is a finite number', async (_, metric) => {
    const subject: MetricSubject = {
      model: analyticModel([1, 1, 1], 'NCHW', linear([2])).model, input: tensor([1, 1, 1, 1], [1]), targets: [0], values: tensor([1, 1, 1, 1], [2]), layout: 'NCHW',
    };
    expect(Number.isFinite(await scoreOf(metric, subject))).toBe(true);
  });
