import { attributeInt, concreteShape, intAttribute, normalAxis } from '@pellucid/onnx-graph';
import { knownShape, unsqueeze } from '../engine/emitter.ts';
import type { Composition } from './composition.ts';
import { positionsAlong } from './linear-maps.ts';

/** y_i is the product of all x_j up to i, written out as one product per position, in which the others are 1: exact where factors are 0. */
export const cumulativeProduct: Composition = (emit, { node, inputs: [x = '', axisInput = ''] }) => {
  const rank = knownShape(emit, x).length;
  const [axis] = concreteShape(emit.typeOf(axisInput).values) ?? [];
  if (axis === undefined) return emit.fail('its axis is not known before it runs', 'Export the model with a stored axis.');
  const along = normalAxis(axis, rank);
  if (along < 0 || along >= rank) return emit.fail(`it has no axis ${axis}`);
  const positions = positionsAlong(emit, x, along);
  const [exclusive, reverse] = ['exclusive', 'reverse'].map((name) => attributeInt(node, name, 0) === 1);
  // [..., i, j, ...]
  const [to, from] = [unsqueeze(emit, positions, [1]), unsqueeze(emit, positions, [0])];
  const order = reverse ? [to, from] : [from, to];
  const counts = emit.op(exclusive ? 'Less' : 'LessOrEqual', order);
  const behind = rank - along - 1;
  const mask = behind === 0 ? counts : unsqueeze(emit, counts, Array.from({ length: behind }, (_, i) => i + 2));
  const factors = emit.op('Where', [mask, unsqueeze(emit, x, [along]), emit.scalar(1, x)]);
  return [emit.op('ReduceProd', [factors, emit.integers([along + 1])], [intAttribute('keepdims', 0)])];
};
