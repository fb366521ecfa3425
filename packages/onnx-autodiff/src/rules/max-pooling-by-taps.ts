import { attributeInt, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { keepWhere, reshapeLike } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { transposedWindows } from './convolution.ts';
import { padLowest } from './lowest-padding.ts';
import { asSamples, cutLike, poolGeometry } from './pooling.ts';

/**
 * The derivative of a max-pool whose windows overlap, where neither lengths are known nor an operator adds at positions: a convolution with one-hot kernels
 * reads every position of every window, the first maximum among these takes all, and the transposed convolution adds it where it was read.
 */
export const maxPoolByTaps: GradientRule = (context) => {
  const { emit, node, dy, inputs: [x = ''], outputs: [y = ''] } = context;
  const geometry = poolGeometry(context);
  const { kernel, strides, dilations, padsBegin, padsEnd } = geometry;
  const taps = kernel.reduce((product, length) => product * length, 1);
  const ceil = attributeInt(node, 'ceil_mode', 0) === 1;
  const oneHot = emit.constant([taps, 1, ...kernel], Array.from({ length: taps ** 2 }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0)), x);
  const samples = asSamples(emit, x);
  const padded = padLowest(emit, samples, [0, 0, ...padsBegin, 0, 0, ...padsEnd.map((pad, i) => pad + (ceil ? strides[i]! - 1 : 0))]);
  const read = emit.op('Conv', [padded, oneHot], [
    intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('dilations', dilations),
  ]);
  const first = emit.op('ArgMax', [ceil ? cutLike(emit, read, y) : read], [intAttribute('axis', 1), intAttribute('keepdims', 1)]);
  const positions = emit.op('Reshape', [emit.integers(Array.from({ length: taps }, (_, tap) => tap)), emit.integers([taps, ...kernel.map(() => 1)])]);
  const shares = keepWhere(emit, emit.op('Equal', [first, positions]), asSamples(emit, dy));
  return [reshapeLike(emit, transposedWindows(emit, shares, oneHot, samples, geometry, 1), x)];
};
