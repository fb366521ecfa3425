import type { ModelAdapter } from '../model/model-adapter.ts';
import { batchSize } from '../tensor/batch.ts';

/** What a model was asked for so far. */
export interface PassCount {
  forward: number;
  backward: number;
  readonly uncovered: Set<string>;
}

/** The same model, counting the samples that pass through it. */
export function countPasses(model: ModelAdapter): { readonly model: ModelAdapter; readonly count: PassCount } {
  const count: PassCount = { forward: 0, backward: 0, uncovered: new Set() };
  const counted: ModelAdapter = {
    ...model,
    evaluate: async (query, options) => {
      const evaluation = await model.evaluate(query, options);
      count.forward += batchSize(query.input);
      if (query.gradient !== undefined) count.backward += batchSize(query.input);
      for (const operation of evaluation.uncovered) count.uncovered.add(operation);
      return evaluation;
    },
  };
  return { model: counted, count };
}
