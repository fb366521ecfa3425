import type { ModelAdapter } from '../model/model-adapter.ts';
import { selectObjective } from '../model/objective.ts';
import { batchSize, concatBatches, sliceBatch } from '../tensor/batch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Attribution, MethodBatch, MethodContext, SampleMethod } from './method.ts';

/** The model where every row is one sample of those that its other inputs have values for. */
export function ofSample(model: ModelAdapter, sample: number): ModelAdapter {
  return {
    ...model,
    boundSamples: undefined,
    evaluate: (query, options) => model.evaluate({ ...query, samples: Array.from({ length: batchSize(query.input) }, () => sample) }, options),
  };
}

/** The context of a method that sees one sample of a batch. */
function contextOf(context: MethodContext, sample: number, samples: number): MethodContext {
  return {
    ...context,
    random: (_, name) => context.random(sample, name),
    progress: (done, total) => { context.progress(sample + done / total, samples); },
    estimate: (make) => context.estimate(() => ({ ...make(), sample })),
  };
}

function join(parts: readonly Attribution[]): Attribution {
  const [first] = parts;
  if (first === undefined) throw new Error('internal: a batch of no samples');
  const tensors = (of: (part: Attribution) => Tensor | undefined): Tensor | undefined => {
    const found = parts.map(of).filter((tensor) => tensor !== undefined);
    return found.length === parts.length ? concatBatches(found) : undefined;
  };
  const lists = (of: (part: Attribution) => readonly number[] | undefined): readonly number[] | undefined =>
    (of(first) === undefined ? undefined : parts.flatMap((part) => of(part) ?? []));
  return {
    ...first,
    values: concatBatches(parts.map(({ values }) => values)),
    standardError: tensors(({ standardError }) => standardError),
    convergenceDelta: lists(({ convergenceDelta }) => convergenceDelta),
    draws: lists(({ draws }) => draws),
  };
}

/**
 * Runs a method on each sample by itself, for a model whose other inputs have values of each sample: the method may repeat and select rows as it likes,
 * and each goes with the values of its own sample.
 */
export async function sampleBySample(model: ModelAdapter, method: SampleMethod, { input, layout, targets, objective }: MethodBatch, context: MethodContext): Promise<Attribution> {
  const samples = batchSize(input);
  const parts: Attribution[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const own: MethodBatch = { input: sliceBatch(input, sample, sample + 1), layout, targets: [targets[sample]!], objective: selectObjective(objective, [sample]) };
    parts.push(await method.explain(ofSample(model, sample), own, contextOf(context, sample, samples)));
  }
  return join(parts);
}
