import { expect, test } from '@jest/globals';
import { summarise, type RawScores } from './summarise.ts';

const raw = (scores: readonly number[], more: Partial<RawScores> = {}): RawScores => ({
  scores, engine: 'cpu', cost: { forwardPasses: 1, backwardPasses: 1, seconds: 1, peakMemoryBytes: null }, ...more,
});
const resampling = { seed: 0, resamples: 500 };

test('samples without a score are kept as null and count in no mean', () => {
  const outcome = summarise(raw([1, NaN, 3, 8, Infinity]), resampling);
  expect(outcome).toMatchObject({ scores: [1, null, 3, 8, null], value: 4, median: 3 });
  const [low, high] = 'ci95' in outcome ? outcome.ci95 : [NaN, NaN];
  expect(low).toBeGreaterThanOrEqual(1);
  expect(high).toBeLessThanOrEqual(8);
});

test('no score at all is a failure with its own code', () => {
  expect(summarise(raw([NaN, NaN]), resampling)).toEqual({ failure: { code: 'SCORES_UNDEFINED', message: expect.stringContaining('2 samples') } });
});

test('curves become a mean with a band, over the samples that have a score', () => {
  const curves = [[1, 0.5, 0], [NaN, NaN, NaN], [1, 0.25, 0.5]].map((row) => Float64Array.from(row));
  const outcome = summarise(raw([0.5, NaN, 0.5], { at: [0, 0.5, 1], curves }), resampling);
  expect(outcome).toMatchObject({ curve: { at: [0, 0.5, 1], mean: [1, 0.375, 0.25], low: [1, 0.25, 0], high: [1, 0.5, 0.5] } });
});
