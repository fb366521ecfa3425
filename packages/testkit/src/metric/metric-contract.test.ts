import { expect, test } from '@jest/globals';
import {
  defineMetric, integerOption, randomStream, sampleData, softmax, throwIfAborted, type CurveMetricDefinition, type MetricCurves, type MetricDefinition, type MetricFactory,
} from '@pellucid/core';
import { metricContract } from './metric-contract.ts';

interface Options {
  readonly steps: number;
}
type Definition = MetricDefinition<Options>;

/** The share of a map that lies on the object, times the probability of the target. */
const right: Definition = {
  name: 'mass-on-object',
  title: 'Mass on the object',
  category: 'localisation',
  direction: 'higher',
  paper: { authors: 'A. Author', year: 2000, title: 'On objects', url: 'https://example.org' },
  needsMask: true,
  options: { steps: integerOption(3, 1, 'How many.') },
  async score({ model, input, targets, values, layout, masks }, _options, { signal }) {
    throwIfAborted(signal, 'the score');
    const { logits } = await model.evaluate({ input });
    return Float64Array.from(targets, (target, sample) => {
      const map = sampleData(values, sample);
      const mask = masks === undefined ? [] : sampleData(masks, sample);
      const channels = map.length / mask.length;
      const pixel = (i: number): number => (layout === 'NHWC' ? Math.floor(i / channels) : i % mask.length);
      const on = map.reduce((sum, value, i) => sum + Math.abs(value) * mask[pixel(i)]!, 0);
      return (on / map.reduce((sum, value) => sum + Math.abs(value), 0)) * softmax(sampleData(logits, sample))[target]!;
    });
  },
};
const make = (changes: Partial<Definition>): MetricFactory<Options> => defineMetric<Options>({ ...right, ...changes });

async function failures(changes: Partial<Definition>): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of metricContract(make(changes))) await run().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
  return failed;
}

test('a right metric passes', async () => {
  expect(await failures({})).toEqual([]);
});

const around = (change: (scores: Float64Array, ...given: Parameters<Definition['score']>) => Float64Array): Partial<Definition> => ({
  score: async (...given) => change(await right.score(...given), ...given),
});

test.each<[string, Partial<Definition>, string]>([
  ['a title that is empty', { title: ' ' }, 'is described completely'],
  ['an address that is none', { paper: { ...right.paper, url: 'somewhere' } }, 'is described completely'],
  ['a range that is empty', { range: [1, 1] }, 'is described completely'],
  ['a card that says nothing', { equation: '' }, 'is described completely'],
  ['a score beyond the range', { range: [0, 1], ...around((scores) => scores.map((score) => score + 1)) }, 'keeps within its range'],
  ['a sample without a score that nobody tells of', around((scores) => scores.map((score, i) => (i === 0 ? NaN : score))), 'keeps within its range'],
  ['one score for all', around((scores) => scores.subarray(0, 1)), 'gives one finite score per sample'],
  ['scores over the largest of the batch', around((scores) => scores.map((score) => score / Math.max(...scores))), 'scores a sample alone as in a batch'],
  ['random numbers without the seed', around((scores) => scores.map((score) => score + Math.random())), 'gives the same bits for the same seed'],
  ['random numbers by the place in the batch', around((scores, _subject, _options, { seed }) => {
    const { uniform } = randomStream(seed, 'place');
    return scores.map((score) => score + uniform());
  }), 'scores a sample alone as in a batch'],
  ['a score by the budget', around((scores, _subject, _options, { memoryBudget = 0 }) => scores.map((score) => score + memoryBudget)), 'gives the same scores in any amount of memory'],
  ['channels first, whatever the layout', around((scores, { values }) => scores.map((score, sample) => score + sampleData(values, sample)[1]!)), 'follows the layout of the model'],
  ['maps that are overwritten', around((scores, { values }) => { values.data.fill(0); return scores; }), 'leaves input and maps as they were'],
  ['an abort that is not heard', { score: (subject, options, { seed }) => right.score(subject, options, { seed }) }, 'stops when it is aborted'],
])('finds %s', async (_title, changes, check) => {
  expect((await failures(changes)).some((failure) => failure.startsWith(check))).toBe(true);
});

const { score, ...rest } = right;
/** The score on the way from half of it. */
const withCurves = (change: (curves: MetricCurves) => MetricCurves): CurveMetricDefinition<Options> => ({
  ...rest,
  curve: { horizontal: 'share of the way', vertical: 'score' },
  curves: async (...given) => {
    const scores = await score(...given);
    return change({ scores, at: [0, 1], curves: Array.from(scores, (value) => Float64Array.of(value / 2, value)) });
  },
});
const curveFailures = async (change: (curves: MetricCurves) => MetricCurves): Promise<string[]> => {
  const failed: string[] = [];
  for (const { name, run } of metricContract(defineMetric<Options>(withCurves(change)))) await run().catch(() => failed.push(name));
  return failed;
};

test('a right metric with curves passes', async () => {
  expect(await curveFailures((curves) => curves)).toEqual([]);
});

test.each<[string, (curves: MetricCurves) => MetricCurves]>([
  ['positions that fall', (curves) => ({ ...curves, at: [1, 0] })],
  ['positions beyond the axis', (curves) => ({ ...curves, at: [0, 100] })],
  ['a curve for all', (curves) => ({ ...curves, curves: curves.curves.slice(0, 1) })],
  ['values without positions', (curves) => ({ ...curves, at: [0, 0.5, 1] })],
  ['curves without values', (curves) => ({ ...curves, curves: curves.curves.map((values) => values.map(() => NaN)) })],
  ['curves over the largest of the batch', (curves) => ({ ...curves, curves: curves.curves.map((values) => values.map((value) => value / Math.max(...curves.scores))) })],
])('finds %s', async (_title, change) => {
  expect(await curveFailures(change)).toEqual(['gives the curves that its scores sum up']);
});
