import { attributeInts, concreteShape, intsAttribute } from '@pellucid/onnx-graph';
import { reshapeLike } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { asSamples } from './pooling.ts';

/** Blocks [N, C k, L] are summed where they lie in an image: a convolution of dy with one-hot kernels cuts them out again. */
export const blocksToImage: GradientRule = ({ emit, node, dy, inputs }) => {
  const [x = '', , blockShape = ''] = inputs;
  const kernel = concreteShape(emit.typeOf(blockShape).values) ?? emit.fail('the shape of its blocks is not known before it runs', 'Export the model with a stored one.');
  const taps = kernel.reduce((product, length) => product * length, 1);
  const ones = kernel.map(() => 1);
  const oneHot = emit.constant([taps, 1, ...kernel], Array.from({ length: taps ** 2 }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0)), x);
  const cut = emit.op('Conv', [asSamples(emit, dy), oneHot], [
    intsAttribute('kernel_shape', kernel), intsAttribute('strides', attributeInts(node, 'strides', ones)),
    intsAttribute('dilations', attributeInts(node, 'dilations', ones)), intsAttribute('pads', attributeInts(node, 'pads', [...ones, ...ones].map(() => 0))),
  ]);
  const dx = reshapeLike(emit, cut, x);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};
