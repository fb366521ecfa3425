import type { MethodBatch } from '../method/method.ts';
import type { ModelAdapter } from './model-adapter.ts';
import { score } from './objective.ts';
import type { Capability, Query } from './query.ts';

/** The change of the explained score of each sample, from what a query gives to the batch itself: what a complete map sums to. Two forward passes. */
export async function scoreChange<Needs extends Capability>(
  model: ModelAdapter<Needs>, { input, objective }: Pick<MethodBatch, 'input' | 'objective'>, from: Query<Needs>,
): Promise<Float64Array> {
  const here = score(objective, (await model.evaluate({ input })).logits);
  const there = score(objective, (await model.evaluate(from)).logits);
  return here.map((value, sample) => value - there[sample]!);
}
