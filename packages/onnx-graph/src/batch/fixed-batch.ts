import type { NodeProto, TensorProto } from 'onnx-buf';
import { copyWith } from '../model/onnx-model.ts';
import { attributeInt, intAttribute } from '../node/attributes.ts';
import { makeNode } from '../node/node.ts';
import { normalAxis } from '../shapes/dimension.ts';
import type { TensorType } from '../shapes/tensor-type.ts';
import { int64Tensor } from '../tensor/make-tensor.ts';

/** The symbol of the freed axis. */
export const BATCH = 'batch';

type Types = ReadonlyMap<string, TensorType>;

/** What takes the place of a node that counts on a batch of one sample. */
export interface FreedNode {
  readonly nodes: readonly NodeProto[];
  readonly constants: readonly TensorProto[];
}

/** Where a node stands in a graph whose batch axis is being freed. */
export interface FixedSite {
  readonly opset: number;
  /** Types in the graph so far, with a free batch axis. */
  readonly types: Types;
  readonly unique: (wanted: string) => string;
  /** Whether a tensor has a row per sample. */
  readonly dependent: (name: string) => boolean;
}

/** A Reshape to `[1, ...]`, stored or computed from shapes: 0 in place of the 1 keeps the batch that comes in. */
function freeReshape(node: NodeProto, { types, unique, dependent }: FixedSite): FreedNode | null {
  const [x = '', target = ''] = node.input;
  const lengths = types.get(target)?.values;
  if (!dependent(x) || types.get(x)?.shape?.[0] !== BATCH) return null;
  if (lengths?.[0] !== 1 || !lengths.every((length) => typeof length === 'number')) return null;
  // With `allowzero` a 0 is an empty axis, not one that is kept: only without any can it be left out.
  if (attributeInt(node, 'allowzero', 0) === 1 && lengths.includes(0)) return null;
  const kept = int64Tensor(unique(`${target}/batch`), [0, ...lengths.slice(1)]);
  const attribute = node.attribute.filter(({ name }) => name !== 'allowzero');
  return { nodes: [copyWith(node, { input: [x, kept.name], attribute })], constants: [kept] };
}

/** A part of the batch that is all of one sample, `x[0:1]`, becomes all of the batch. */
function freeSlice(node: NodeProto, { opset, types, unique, dependent }: FixedSite): FreedNode | null {
  const [x = '', starts = '', ends = '', axes = '', steps = ''] = node.input;
  const rank = types.get(x)?.shape?.length ?? 0;
  const valuesOf = (name: string): readonly (number | string | null)[] | undefined => types.get(name)?.values;
  const [from, to] = [valuesOf(starts), valuesOf(ends)];
  if (opset < 10 || !dependent(x) || !from || !to) return null;
  const along = axes === '' ? from.map((_, i) => i) : valuesOf(axes);
  const by = steps === '' ? from.map(() => 1) : valuesOf(steps);
  const at = along?.findIndex((axis) => typeof axis === 'number' && normalAxis(axis, rank) === 0) ?? -1;
  const [start, end] = [from[at], to[at]];
  const whole = (start === 0 || (typeof start === 'number' && start <= -1)) && typeof end === 'number' && end >= 1 && by?.[at] === 1;
  if (at < 0 || !whole || !to.every((length) => typeof length === 'number')) return null;
  // More than any batch holds.
  const kept = int64Tensor(unique(`${ends}/batch`), to.map((length, i) => (i === at ? Number.MAX_SAFE_INTEGER : length)));
  const first = int64Tensor(unique(`${starts}/batch`), from.map((length, i) => (i === at ? 0 : Number(length))));
  return { nodes: [copyWith(node, { input: [x, first.name, kept.name, ...node.input.slice(3)] })], constants: [kept, first] };
}

/** A stored row that is joined to one sample, such as a class token, is repeated for each. */
function freeConcat(node: NodeProto, { opset, types, unique, dependent }: FixedSite): FreedNode | null {
  const sample = node.input.find(dependent);
  const shape = sample === undefined ? undefined : types.get(sample)?.shape;
  if (opset < 10 || sample === undefined || !shape || normalAxis(attributeInt(node, 'axis', 1), shape.length) === 0) return null;
  const single = node.input.filter((name) => !dependent(name) && types.get(name)?.shape?.[0] === 1 && types.get(name)?.shape?.length === shape.length);
  if (single.length === 0) return null;
  const [all, length, target] = ['shape', 'length', 'target'].map((part) => unique(`${node.output[0] ?? ''}/batch-${part}`)) as [string, string, string];
  const [zero, one, ones] = [int64Tensor(unique('batch/zero'), [0]), int64Tensor(unique('batch/one'), [1]), int64Tensor(unique('batch/ones'), shape.slice(1).map(() => 1))];
  const repeated = new Map([...new Set(single)].map((name) => [name, unique(`${name}/batch`)]));
  const nodes = [
    makeNode('Shape', [sample], [all]), makeNode('Slice', [all, zero.name, one.name], [length]), makeNode('Concat', [length, ones.name], [target], [intAttribute('axis', 0)]),
    ...[...repeated].map(([name, made]) => makeNode('Expand', [name, target], [made])),
    copyWith(node, { input: node.input.map((name) => repeated.get(name) ?? name) }),
  ];
  return { nodes, constants: [zero, one, ones] };
}

const REPAIRS: Readonly<Record<string, (node: NodeProto, site: FixedSite) => FreedNode | null>> = { Concat: freeConcat, Reshape: freeReshape, Slice: freeSlice };

/** The same for any number of samples as a node is for one; `null` where that is not known. */
export function freeNode(node: NodeProto, site: FixedSite): FreedNode | null {
  return REPAIRS[node.opType]?.(node, site) ?? null;
}
