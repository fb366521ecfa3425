import { intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, reduceSum, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';

/** The affine map that leaves places as they are, [1, axes, axes + 1]. */
const identityMap = (emit: Emitter, axes: number, like: string): string =>
  emit.constant([1, axes, axes + 1], Array.from({ length: axes * (axes + 1) }, (_, i) => Number(i % (axes + 1) === Math.floor(i / (axes + 1)))), like);

/**
 * Each place is theta (place of the plain grid, 1): dtheta sums dy over the places, times these. The node itself makes the plain grid, so that its places
 * are exactly the runtime's.
 */
export const affineGrid: GradientRule = ({ emit, node, dy, inputs: [theta = '', size = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  const rows = knownShape(emit, theta)[1];
  if (rows !== 2 && rows !== 3) return emit.fail('the number of its axes is not known', 'Export the model with affine maps of 2 or 3 rows.');
  const lengths = emit.op('Slice', [size, emit.integers([1]), emit.integers([rows + 2]), emit.integers([0])]);
  const one = emit.op('Concat', [emit.integers([1]), lengths], [intAttribute('axis', 0)]);
  const plain = emit.op('Reshape', [emit.op('AffineGrid', [identityMap(emit, rows, theta), one], node.attribute), emit.integers([-1, rows])]);
  const slopes = emit.op('Reshape', [dy, emit.integers([0, -1, rows])]);
  const linear = emit.op('MatMul', [emit.op('Transpose', [slopes], [intsAttribute('perm', [0, 2, 1])]), plain]);
  const shift = emit.op('Unsqueeze', [reduceSum(emit, slopes, [1], false), emit.integers([2])]);
  return [emit.op('Concat', [linear, shift], [intAttribute('axis', 2)]), null];
};
