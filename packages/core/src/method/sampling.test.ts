import { expect, test } from '@jest/globals';
import { randomStream } from '../random/stream.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { isExactEnough, type Estimate } from './estimate.ts';
import { summariseDraws } from './sampling.ts';
import type { MethodContext } from './method.ts';

const context = (chunkSize: number, wanted?: number, seen?: (estimate: Estimate) => void): MethodContext => ({
  random: (sample, name) => randomStream(1, name, sample),
  chunkSize,
  progress: () => undefined,
  estimate: (make) => {
    const estimate = make();
    seen?.(estimate);
    return wanted !== undefined && isExactEnough(estimate, wanted);
  },
  mayStop: wanted !== undefined,
  note: () => undefined,
});

/** Draws around 3 and -1 with standard deviation 1. */
const normalDraws = (first: number, count: number) =>
  Promise.resolve(tensor([count, 2], Array.from({ length: count }, (_, i) => {
    const { normal } = randomStream(7, first + i);
    return [3 + normal(), -1 + normal()];
  }).flat()));

const sampling = { sample: 0, samples: 1, draws: 400, draw: normalDraws };

test('the mean and its standard error are those of the textbook', async () => {
  const values = [2, 4, 9];
  const draw = (first: number, count: number) => Promise.resolve(tensor([count, 1], values.slice(first, first + count)));
  const { values: mean, standardError, draws } = await summariseDraws(context(2), { ...sampling, draws: 3, draw });
  expect(draws).toBe(3);
  expect(mean.data[0]).toBe(5);
  // Sample variance 13, over three draws.
  expect(standardError.data[0]).toBeCloseTo(Math.sqrt(13 / 3), 6);
});

test('a variance comes with the error of variances, whatever the distribution', async () => {
  // Exponential draws: variance 1, fourth central moment 9, so that the variance of n draws has the error sqrt((9 - 1) / n).
  const exponential = (first: number, count: number) => Promise.resolve(tensor([count, 1], Array.from({ length: count }, (_, i) => {
    return 100 - Math.log(1 - randomStream(3, first + i).uniform());
  })));
  const { values, standardError } = await summariseDraws(context(64), { ...sampling, statistic: 'variance', draws: 20_000, draw: exponential });
  expect(Math.abs(values.data[0]! - 1)).toBeLessThan(4 * standardError.data[0]!);
  expect(standardError.data[0]).toBeCloseTo(Math.sqrt(8 / 20_000), 2);
  const three = (first: number, count: number) => Promise.resolve(tensor([count, 1], [2, 4, 9].slice(first, first + count)));
  const small = await summariseDraws(context(2), { ...sampling, statistic: 'variance', draws: 3, draw: three });
  expect(small.values.data[0]).toBeCloseTo(26 / 3, 5);
  // Fourth powers of the deviations -3, -1, 4: 81 + 1 + 256.
  expect(small.standardError.data[0]).toBeCloseTo(Math.sqrt((338 / 3 - (26 / 3) ** 2) / 3), 5);
});

test('one draw says nothing of its error', async () => {
  const { standardError } = await summariseDraws(context(4), { ...sampling, draws: 1 });
  expect([...standardError.data]).toEqual([Infinity, Infinity]);
});

test('the truth lies within four standard errors, which shrink as one over the root of the draws', async () => {
  const { values, standardError } = await summariseDraws(context(64), sampling);
  [3, -1].forEach((truth, i) => { expect(Math.abs(values.data[i]! - truth)).toBeLessThan(4 * standardError.data[i]!); });
  expect(standardError.data[0]).toBeGreaterThan(0.04);
  expect(standardError.data[0]).toBeLessThan(0.06);
});

test('stops at a wanted standard error, with the same map in pieces of any size', async () => {
  const results = await Promise.all([1, 3, 7, 64].map((chunk) => summariseDraws(context(chunk, 0.04), sampling)));
  for (const { values, standardError, draws } of results) {
    expect(draws).toBe(results[0]!.draws);
    expect(draws).toBeLessThan(400);
    expect(Math.max(...standardError.data)).toBeLessThanOrEqual(0.04 * Math.max(...values.data));
    expect(values).toEqual(results[0]!.values);
  }
});

test('draws that are shorter than maps are made maps, in every estimate', async () => {
  const seen: Estimate[] = [];
  const doubled = (values: Tensor): Tensor => tensor([1, 4], [...values.data, ...values.data]);
  const toMap = (estimate: Estimate): Estimate => ({ ...estimate, values: doubled(estimate.values), standardError: doubled(estimate.standardError) });
  const whole = await summariseDraws(context(16, undefined, (estimate) => seen.push(estimate)), { ...sampling, draws: 20, toMap });
  for (const { values, standardError } of [...seen, whole]) expect([values.shape, standardError.shape]).toEqual([[1, 4], [1, 4]]);
  expect(seen.at(-1)).toEqual(whole);
});

test('shows estimates along the way, each better than guessing', async () => {
  const seen: number[] = [];
  await summariseDraws(context(16, undefined, ({ draws }) => seen.push(draws)), { ...sampling, draws: 35 });
  expect(seen).toEqual([10, 20, 30, 35]);
});

test('makes the next draws while the model is at the last ones, unless they may be in vain', async () => {
  const made = async (wanted?: number): Promise<string[]> => {
    const events: string[] = [];
    const draw = async (first: number, count: number): Promise<Tensor> => {
      events.push(`made ${first}`);
      const draws = await normalDraws(first, count);
      events.push(`answered ${first}`);
      return draws;
    };
    await summariseDraws(context(4, wanted), { ...sampling, draws: 8, draw });
    return events;
  };
  expect(await made()).toEqual(['made 0', 'made 4', 'answered 0', 'answered 4']);
  expect(await made(1e-9)).toEqual(['made 0', 'answered 0', 'made 4', 'answered 4']);
});
