import { zeros } from '@pellucid/core';
import { ElementType, extractSubgraph, inferShapes, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import type { Engine } from '../engine/open-engine.ts';
import { runSession } from '../engine/run-session.ts';
import type { BoundInput } from './bound-inputs.ts';

/** As ONNX Runtime calls them; the others cannot be layers, whatever they are. */
const ELEMENT_TYPES: Readonly<Record<string, number>> = { float32: ElementType.FLOAT };

/**
 * Finds the types of tensors by running the model once on zeros. Free axes of the input, and so the batch axis, get the length 1:
 * where one stands first it stays free in the answer.
 */
export async function probeTypes(
  engine: Engine, model: OnnxModel, input: string, bound: readonly BoundInput[], tensors: readonly string[],
): Promise<ReadonlyMap<string, TensorType>> {
  const types = inferShapes(model);
  const declared = types.get(input)?.shape ?? [];
  const shape = declared.map((length) => (typeof length === 'number' ? length : 1));
  const free = typeof declared[0] !== 'number';
  const session = await engine.compile(extractSubgraph(model, tensors, types));
  try {
    const feeds = Object.fromEntries(bound.map(({ name, feed }) => [name, feed(shape[0] ?? 1)]));
    const answers = await runSession(session, { ...feeds, [input]: new engine.runtime.Tensor('float32', zeros(shape).data, shape) }, model.name, shape);
    return new Map(
      Object.entries(answers).map(([name, { type, dims }]): [string, TensorType] => {
        const first = free && dims[0] === 1 ? [declared[0] ?? null] : dims.slice(0, 1);
        return [name, { elementType: ELEMENT_TYPES[type] ?? ElementType.UNDEFINED, shape: [...first, ...dims.slice(1)] }];
      }),
    );
  } finally {
    await session.release();
  }
}
