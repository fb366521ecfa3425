import { expect } from '@jest/globals';
import type { differentiate } from '../src/index.ts';
import { run, type Values } from './session.ts';

/** Gradients in the order that they were asked for, and what the graph that made them is of. */
export interface GradientValues {
  readonly values: readonly Float64Array[];
  /** Operator and inputs of each node. */
  readonly operators: readonly string[];
}

/** Runs what `differentiate` made. @param at - the tensors whose gradients it was asked for */
export async function gradientValues({ model, gradients }: ReturnType<typeof differentiate>, feeds: ReadonlyMap<string, Values>, at: readonly string[]): Promise<GradientValues> {
  const outputs = at.map((name) => gradients.get(name) ?? '');
  const answer = await run(model, feeds, outputs);
  return { values: outputs.map((name) => answer.get(name)?.data ?? new Float64Array(0)), operators: model.graph.node.map(({ opType, input }) => `${opType} ${input.join()}`) };
}

/** The largest difference, as a share of the largest value, which is not 0. */
export function worst(actual: Float64Array | undefined, expected: Float64Array | undefined): number {
  const largest = expected?.reduce((most, value) => Math.max(most, Math.abs(value)), 0) ?? 0;
  expect(actual).toHaveLength(expected?.length ?? -1);
  expect(largest).toBeGreaterThan(0);
  return (expected ?? new Float64Array(0)).reduce((most, value, i) => Math.max(most, Math.abs(value - (actual?.[i] ?? NaN))), 0) / largest;
}
