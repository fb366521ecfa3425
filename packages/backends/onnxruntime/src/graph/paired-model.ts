import { PellucidError } from '@pellucid/core';
import { declaredType, ElementType, freeBatchAxis, graphInputs, inferShapes, pairBatch, type Dimension, type OnnxModel } from '@pellucid/onnx-graph';
import { dependentTensors } from './data-flow.ts';

const FLOATS: readonly number[] = [ElementType.FLOAT, ElementType.DOUBLE, ElementType.FLOAT16, ElementType.BFLOAT16];

function unsupported(model: string, problem: string, help: string): PellucidError {
  return new PellucidError('MODEL_UNSUPPORTED', { model, problem, help });
}

/** The inputs that hold a sample per entry of their first axis: those that share its name with the first free one. */
function batchedInputs(model: OnnxModel): readonly string[] {
  const firstAxes = graphInputs(model).map((info): [string, Dimension | undefined] => [info.name, declaredType(info)?.shape?.[0]]);
  const batch = firstAxes.find(([, length]) => length !== undefined && typeof length !== 'number')?.[1];
  return firstAxes.filter(([, length]) => length === batch && length !== undefined).map(([name]) => name);
}

/** The model, with a free batch axis, for a batch that is to be joined from samples and baselines. @throws MODEL_UNSUPPORTED. */
export function freeForPairs(model: OnnxModel): OnnxModel {
  const { model: free } = freeBatchAxis(model);
  if (batchedInputs(free).length > 0) return free;
  const [first] = graphInputs(free);
  const length = first && declaredType(first)?.shape?.[0];
  const problem = `its input \`${first?.name ?? ''}\` ${length === undefined ? 'has no batch axis' : `takes ${length} sample${length === 1 ? '' : 's'} at a time`}, but each sample needs its baseline beside it`;
  throw unsupported(model.name, problem, 'Export it with a free batch axis.');
}

/**
 * Joins samples and baselines inside a derivative: its inputs, cotangent and outputs are those of the samples.
 * @param derivative - the differentiated model, which takes joined batches
 * @param model - what was differentiated
 * @throws MODEL_UNSUPPORTED for an output that has no batch axis in front.
 */
export function joinPairs(derivative: OnnxModel, model: OnnxModel, cotangent: string): OnnxModel {
  const batched = batchedInputs(model);
  const isFloat = new Set(graphInputs(model).filter((info) => FLOATS.includes(declaredType(info)?.elementType ?? 0)).map(({ name }) => name));
  const dependent = new Set([...batched, cotangent].flatMap((name) => [...dependentTensors(derivative, name)]));
  const types = inferShapes(model);
  const halved = derivative.graph.output.map(({ name }) => name).filter((name) => dependent.has(name));
  for (const info of derivative.graph.output) {
    const shape = declaredType(info)?.shape ?? types.get(info.name)?.shape;
    if (!dependent.has(info.name) || shape === undefined || shape === null || (shape.length > 0 && typeof shape[0] !== 'number')) continue;
    const problem = `\`${info.name}\` has the shape [${shape.map((length) => length ?? '?').join(', ')}], which has no batch axis in front`;
    throw unsupported(model.name, problem, 'Differentiate a tensor, with respect to tensors, that hold a row per sample.');
  }
  return pairBatch(derivative, {
    baselines: batched.filter((name) => isFloat.has(name)),
    repeated: [...batched.filter((name) => !isFloat.has(name)), cotangent],
    halved,
  });
}
