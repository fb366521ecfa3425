import { expect, test } from '@jest/globals';
import { tensor, type Metric, type MetricSubject, type Tensor } from '@pellucid/core';
import { analyticModel } from '../method/analytic-model.ts';
import { convolutionalFormula, normalValues } from '../method/formulas.ts';
import { metricCompanyChecks, selectSamples } from './company-checks.ts';

const numbers = (name: string, ...shape: number[]): Tensor => tensor(shape, [...normalValues(0, name, 48)]);
const subject: MetricSubject = {
  model: analyticModel(convolutionalFormula({ shape: [1, 4, 4], kernels: 2, classes: 3 })),
  input: numbers('input', 3, 1, 4, 4), values: numbers('values', 3, 1, 4, 4), targets: [0, 1, 2], layout: 'NCHW', masks: numbers('masks', 3, 4, 4),
};
const metric = (score: Metric['score']): Metric => ({
  description: { name: 'm', title: 'M', category: 'axiom', direction: 'lower', needsMask: false, paper: { authors: 'A', year: 2000, title: 'T', url: 'https://example.org' } }, options: {}, score,
});
const failures = async (score: Metric['score'], tolerance?: number): Promise<string[]> => {
  const failed: string[] = [];
  for (const { name, run } of metricCompanyChecks(metric(score), () => Promise.resolve(subject), tolerance)) await run().catch(() => failed.push(name));
  return failed;
};
const own: Metric['score'] = ({ input, values, targets, masks }) =>
  Promise.resolve(Float64Array.from(targets, (target, i) => target + 1 + input.data[16 * i]! * values.data[16 * i]! * (masks?.data[16 * i] ?? 0)));

test('samples are selected with all that belongs to them, in the order that is asked for', async () => {
  const [first, , last] = await own(subject, { seed: 0 });
  expect(await own(selectSamples(subject, [2, 0]), { seed: 0 })).toEqual(Float64Array.of(last ?? NaN, first ?? NaN));
});

test('a right metric passes, one that looks at the others or at the memory is found', async () => {
  expect(await failures(own)).toEqual([]);
  const [company, memory] = metricCompanyChecks(metric(own), () => Promise.resolve(subject)).map(({ name }) => name);
  expect(await failures(async (...given) => (await own(...given)).map((score, _, all) => score / all[0]!))).toEqual([company]);
  expect(await failures(async (asked, context) => (await own(asked, context)).map((score) => score + (context.memoryBudget ?? 0)))).toEqual([memory]);
});

test('what an engine rounds is allowed where it is said, and no more', async () => {
  const rounding: Metric['score'] = async (asked, context) => (await own(asked, context)).map((score) => score * (1 + 1e-6 * asked.targets.length));
  expect(await failures(rounding)).toHaveLength(1);
  expect(await failures(rounding, 1e-5)).toEqual([]);
});
