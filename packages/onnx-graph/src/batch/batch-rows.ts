import { graphInputs, replaceParts } from '../graph/edit-graph.ts';
import type { OnnxModel } from '../model/onnx-model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { declaredType, type Dimension } from '../shapes/tensor-type.ts';
import { makeValueInfo } from '../tensor/make-tensor.ts';

// No exporter gives an axis such a name.
const SAMPLES = 'samples?';

function rowsOf(first: Dimension | undefined): number | null {
  if (first === undefined || typeof first === 'number') return 0;
  if (first === null) return null;
  const factors = first.split('*');
  if (!factors.includes(SAMPLES)) return 0;
  const others = factors.filter((factor) => factor !== SAMPLES).map(Number);
  return others.every(Number.isInteger) ? others.reduce((product, factor) => product * factor, 1) : null;
}

/**
 * How many rows per sample of one input the first axis of each tensor holds: 0 where its length is the same for any number of samples, `null`
 * where shape inference cannot tell. The first axes of other inputs follow that of this one where they are free.
 */
export function batchRows(model: OnnxModel, input: string): ReadonlyMap<string, number | null> {
  const fed = new Set(graphInputs(model).map(({ name }) => name));
  const declared = replaceParts(model, {
    // What the file states of inner tensors is of its own number of samples.
    valueInfo: [],
    input: model.graph.input.map((info) => {
      const type = declaredType(info);
      if (!fed.has(info.name) || !type?.shape || (info.name !== input && typeof type.shape[0] === 'number')) return info;
      return makeValueInfo(info.name, { elementType: type.elementType, shape: type.shape.map((length, axis) => (axis === 0 ? SAMPLES : length)) });
    }),
    output: model.graph.output.map((info) => makeValueInfo(info.name, { elementType: declaredType(info)?.elementType ?? 0, shape: null })),
  });
  return new Map([...inferShapes(declared)].map(([name, { shape }]) => [name, shape === null ? null : rowsOf(shape[0])]));
}
