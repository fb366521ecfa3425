import { expect, test } from '@jest/globals';
import { defineMethod, explainAgain, gradientAt, INPUT, mapValues, tensor, zeros, zipWith, type Metric, type MetricSubject, type SampleMethod } from '@pellucid/core';
import { analyticModel as formulaModel, convolutionalFormula, quadraticFormula } from '@pellucid/testkit';
import { linearSubject, randomTensor } from '../../test/linear-subject.ts';
import { randomLogit } from '../randomisation/random-logit.ts';
import { completeness } from './completeness.ts';
import { implementationInvariance } from './implementation-invariance.ts';
import { inputInvariance } from './input-invariance.ts';
import { nonSensitivity } from './non-sensitivity.ts';

const scoreOf = async (metric: Metric, subject: MetricSubject): Promise<number> => (await metric.score(subject, { seed: 0 }))[0]!;

/** The gradient, or the gradient times the input. */
const gradientMethod = (timesInput: boolean): SampleMethod<'gradient'> => defineMethod<'gradient', object>({
  name: 'gradient', title: 'Gradient', paper: { authors: 'A', year: 2000, title: 'T', url: 'https://example.org' }, needs: ['gradient'], kind: 'local', options: {},
  explain: async (model, { input, objective }) => {
    const gradient = gradientAt(await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } }), INPUT);
    return { values: timesInput ? zipWith(gradient, input, (a, b) => a * b) : gradient };
  },
})();
const network = convolutionalFormula({ shape: [1, 4, 5], kernels: 2, classes: 3, seed: 5 });

async function subjectOf(timesInput: boolean, formula = network): Promise<MetricSubject> {
  const model = formulaModel(formula);
  const explain = explainAgain(model, gradientMethod(timesInput));
  const input = randomTensor([2, ...formula.shape], 'image');
  const targets = [0, 1];
  return { model, input, targets, explain, ...(await explain({ input, targets })) };
}

test('contributions of a linear model are complete, with and without a bias; half of them miss half', async () => {
  const subject = linearSubject(4, 4, 'true');
  expect(await scoreOf(completeness({ tolerance: 1e-5 }), subject)).toBe(0);
  expect(await scoreOf(completeness(), { ...subject, values: mapValues(subject.values, (value) => value / 2) })).toBeCloseTo(0.5, 5);
  expect(await scoreOf(completeness(), { ...subject, values: zeros([1, 1, 4, 4]) })).toBeCloseTo(1, 5);
});

test('completeness asks for no exact equality, and where nothing changes it goes by the logit', async () => {
  const subject = linearSubject(4, 4, 'true');
  const rounded = { ...subject, values: mapValues(subject.values, (value) => value * (1 + 1e-7)) };
  expect(await scoreOf(completeness({ tolerance: 1e-5 }), rounded)).toBe(0);
  const still = { ...subject, input: zeros([1, 1, 4, 4]), values: zeros([1, 1, 4, 4]) };
  expect(await scoreOf(completeness(), still)).toBe(0);
});

test('completeness is relative to the baseline that is named', async () => {
  const { weights, ...subject } = linearSubject(4, 4, 'true');
  const mean = subject.input.data.reduce((a, b) => a + b) / 16;
  const values = { shape: subject.input.shape, data: subject.input.data.map((value, i) => (value - mean) * weights[i]!) };
  expect(await scoreOf(completeness({ baseline: 'mean', tolerance: 1e-4 }), { ...subject, values })).toBe(0);
  expect(await scoreOf(completeness({ baseline: 'zero', tolerance: 1e-4 }), { ...subject, values })).toBeGreaterThan(0.001);
});

test('non-sensitivity counts pixels that the map and the model disagree on', async () => {
  const weights = [1, 2, 0, 0, 3, 4];
  const model = formulaModel(quadraticFormula([1, 2, 3], [weights, weights.map(() => 0)], [weights.map(() => 0), weights.map(() => 0)]), { capabilities: [] });
  const of = (map: readonly number[]): MetricSubject => ({ model, input: tensor([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), targets: [0], values: tensor([1, 1, 2, 3], map), layout: 'NCHW' });
  const metric = nonSensitivity({ substrate: 'zero' });
  expect(await scoreOf(metric, of(weights))).toBe(0);
  expect(await scoreOf(metric, of([1, 2, 1, 0, 3, 0]))).toBeCloseTo(2 / 6, 12);
  expect(await scoreOf(metric, of([0, 0, 0, 0, 0, 0]))).toBeCloseTo(4 / 6, 12);
});

test('the gradient is invariant to a shift that the model absorbs, the gradient times the input is not', async () => {
  const [pure, scaled] = [await subjectOf(false), await subjectOf(true)];
  for (const score of await inputInvariance().score(pure, { seed: 0 })) expect(score).toBeLessThan(1e-5);
  for (const score of await inputInvariance().score(scaled, { seed: 0 })) expect(score).toBeGreaterThan(0.1);
});

test('two layouts of one network explain alike by a method that promises it; two networks do not', async () => {
  const subject = await subjectOf(true);
  for (const score of await implementationInvariance().score({ ...subject, twin: formulaModel(network, { layout: 'NHWC' }) }, { seed: 0 })) expect(score).toBeLessThan(1e-6);
  const other = formulaModel(convolutionalFormula({ shape: [1, 4, 5], kernels: 2, classes: 3, seed: 6 }));
  for (const score of await implementationInvariance().score({ ...subject, twin: other }, { seed: 0 })) expect(score).toBeGreaterThan(0.1);
  await expect(implementationInvariance().score(subject, { seed: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('a twin that lacks what the method needs is a typed error', async () => {
  const subject = await subjectOf(true);
  await expect(implementationInvariance().score({ ...subject, twin: formulaModel(network, { capabilities: [] }) }, { seed: 0 })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
});

test('random logit is 1 for a map that ignores the class, -1 for one that turns around with it', async () => {
  const subject = linearSubject(3, 3, 'true');
  const values = randomTensor([1, 1, 3, 3], 'map');
  const image = { ...subject, values };
  expect(await scoreOf(randomLogit(), { ...image, explain: () => Promise.resolve({ values, layout: 'NCHW' }) })).toBeCloseTo(1, 12);
  const asked: number[] = [];
  const turned = await scoreOf(randomLogit(), { ...image, explain: ({ targets }) => {
    asked.push(...targets);
    return Promise.resolve({ values: mapValues(values, (value) => -value), layout: 'NCHW' });
  } });
  expect(turned).toBeCloseTo(-1, 12);
  expect(asked).toEqual([1]);
  const single = { ...image.model, classes: 1 };
  await expect(randomLogit().score({ ...image, model: single, explain: () => Promise.resolve({ values, layout: 'NCHW' }) }, { seed: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
