import type { NodeProto } from 'onnx-buf';
import { normalDomain, opsetOf } from '../model/opset.ts';
import type { OnnxModel } from '../model/onnx-model.ts';
import { MOST_VALUES, type ShapeContext } from './context.ts';
import { SHAPE_RULES } from './rules.ts';
import { constantType } from './sources.ts';
import { declaredType, type Dimension, type TensorType } from './tensor-type.ts';

/** What is not inferred is taken from the declaration. */
function merge(inferred: TensorType | undefined, declared: TensorType | undefined): TensorType {
  if (!inferred) return declared ?? { elementType: 0, shape: null };
  const elementType = inferred.elementType || (declared?.elementType ?? 0);
  const shape = inferred.shape ?? declared?.shape ?? null;
  const filled = shape?.map((length, axis): Dimension => length ?? declared?.shape?.[axis] ?? null) ?? null;
  return { elementType, shape: filled, values: inferred.values };
}

/** No tensor has more axes; a damaged file may claim millions. */
const MOST_AXES = 64;

/** A damaged file may give fractions or negative numbers where lengths belong. */
const isLength = (length: Dimension): boolean => typeof length !== 'number' || (Number.isSafeInteger(length) && length >= 0);

function bounded(type: TensorType): TensorType {
  const tooLong = type.shape !== null && type.shape.length > MOST_AXES;
  const shape = tooLong ? null : (type.shape?.map((length) => (isLength(length) ? length : null)) ?? null);
  return { ...type, shape, values: type.values && type.values.length <= MOST_VALUES ? type.values : undefined };
}

/** Types of the outputs of one node, from those of its inputs. An unknown operator gives unknown shapes. */
export function inferNode(node: NodeProto, opset: number, types: ReadonlyMap<string, TensorType>): readonly TensorType[] {
  const domain = normalDomain(node.domain);
  const rule = SHAPE_RULES.get(domain === '' ? node.opType : `${domain}.${node.opType}`);
  const context: ShapeContext = { node, opset, inputs: node.input.map((name) => (name === '' ? undefined : types.get(name))) };
  return (rule?.(context) ?? []).map(bounded);
}

/**
 * Element type and shape of every tensor of the graph, with free axes as symbols, and the contents of small constants and of what is
 * computed from shapes. What cannot be inferred falls back on what the file declares.
 */
export function inferShapes(model: OnnxModel): ReadonlyMap<string, TensorType> {
  const { graph } = model;
  const opset = opsetOf(model);
  const declared = new Map<string, TensorType>();
  for (const info of [...graph.valueInfo, ...graph.output]) {
    const type = declaredType(info);
    if (type) declared.set(info.name, type);
  }
  const types = new Map<string, TensorType>();
  for (const info of graph.input) types.set(info.name, declaredType(info) ?? { elementType: 0, shape: null });
  for (const tensor of graph.initializer) types.set(tensor.name, constantType(tensor));
  for (const node of graph.node) {
    const inferred = inferNode(node, opset, types);
    for (const [i, name] of node.output.entries()) if (name !== '') types.set(name, merge(inferred[i], declared.get(name)));
  }
  return types;
}
