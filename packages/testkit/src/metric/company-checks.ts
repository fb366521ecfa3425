import { concatBatches, sliceBatch, type Metric, type MetricSubject, type Tensor } from '@pellucid/core';
import type { ContractCheck } from '../contract-check.ts';
import { require } from '../method/assertions.ts';

/** Some samples of a subject, in an order. */
export function selectSamples(subject: MetricSubject, samples: readonly number[]): MetricSubject {
  const select = (batch: Tensor): Tensor => concatBatches(samples.map((sample) => sliceBatch(batch, sample, sample + 1)));
  const { input, values, targets, masks } = subject;
  return { ...subject, input: select(input), values: select(values), targets: samples.map((sample) => targets[sample]!), ...(masks && { masks: select(masks) }) };
}

/** @throws Error that shows the scores where they differ by more than the tolerance, a share of the largest. */
export function requireScores(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const close = (value: number, other: number): boolean => Object.is(value, other) || Math.abs(value - other) <= tolerance * scale;
  require(actual.length === expected.length && actual.every((value, i) => close(value, expected[i]!)), `${what}: expected ${expected.join(', ')}, got ${actual.join(', ')}`);
}

/**
 * That no score depends on the samples beside it or on the memory, for a model on a real engine: a sample alone, the others together, all in reverse,
 * budgets for one and for three samples.
 * @param makeSubject - three samples or more, with all that the metric needs
 * @param tolerance - share of the largest score that the engine's own rounding may make, where it sums in another order for another batch. @defaultValue 0
 */
export function metricCompanyChecks(metric: Metric, makeSubject: () => Promise<MetricSubject>, tolerance = 0): ContractCheck[] {
  const context = { seed: 3 };
  const scoreAll = async (): Promise<{ readonly subject: MetricSubject; readonly scores: Float64Array }> => {
    const subject = await makeSubject();
    return { subject, scores: await metric.score(subject, context) };
  };
  let scored: ReturnType<typeof scoreAll> | undefined;
  const together = (): ReturnType<typeof scoreAll> => (scored ??= scoreAll());
  return [
    {
      name: 'scores samples alone, together and in reverse as in the whole batch',
      run: async () => {
        const { subject, scores } = await together();
        const all = Array.from(scores.keys());
        for (const batch of [all.slice(0, 1), all.slice(1), all.toReversed()]) {
          requireScores(await metric.score(selectSamples(subject, batch), context), Float64Array.from(batch, (sample) => scores[sample]!), tolerance, `samples ${batch.join(', ')}`);
        }
      },
    },
    {
      name: 'gives the same scores in memory for one and for three samples',
      run: async () => {
        const { subject, scores } = await together();
        for (const samples of [1, 3]) {
          const memoryBudget = samples * subject.model.bytesPerSample;
          requireScores(await metric.score(subject, { ...context, memoryBudget }), scores, tolerance, `memory for ${samples}`);
        }
      },
    },
  ];
}
