import { attributeInts, stringAttribute } from '@pellucid/onnx-graph';
import { runtimeShape, zerosLike } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { maxPoolByTaps } from './max-pooling-by-taps.ts';

/**
 * The derivative of a max-pool whose spatial lengths are known at run time alone: the pool is run once more for the positions of its maxima (the first
 * of equal ones), and the gradients are added there. Slower than one axis at a time, for the scatter is not parallel.
 */
export const maxPoolByIndices: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = ''] } = context;
  const kernel = attributeInts(node, 'kernel_shape', []);
  const strides = attributeInts(node, 'strides', kernel.map(() => 1));
  const dilations = attributeInts(node, 'dilations', kernel.map(() => 1));
  const overlap = kernel.some((size, axis) => (size - 1) * (dilations[axis] ?? 1) >= (strides[axis] ?? 1));
  // Before operator set 16 a scatter keeps one of several values for a place; before 11 there is none.
  if (emit.opset < (overlap ? 16 : 11)) return maxPoolByTaps(context);
  const [, positions = ''] = emit.opMany('MaxPool', [x], 2, node.attribute.filter(({ name }) => name !== 'storage_order'));
  const flat = emit.integers([-1]);
  const nothing = emit.op('Reshape', [zerosLike(emit, x), flat]);
  const operands = [nothing, emit.op('Reshape', [positions, flat]), emit.op('Reshape', [dy, flat])];
  const added = emit.op('ScatterElements', operands, overlap ? [stringAttribute('reduction', 'add')] : []);
  const dx = emit.op('Reshape', [added, runtimeShape(emit, x)]);
  emit.declare(dx, emit.typeOf(x));
  return [dx];
};
