import { attributeInt, attributeInts, attributeString, concreteShape, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { weightGradient } from './convolution-weights.ts';
import { channelSums } from './convolution.ts';

/** Padding that a ConvTranspose cuts from its result, begins of the spatial axes, then ends. */
function cutLengths({ emit, node, inputs: [x = ''], outputs: [y = ''] }: RuleContext, kernel: readonly number[]): number[] {
  const zeros = kernel.map(() => 0);
  const mode = attributeString(node, 'auto_pad', 'NOTSET');
  const given = attributeInts(node, 'pads', [...zeros, ...zeros]);
  if (mode === 'VALID') return [...zeros, ...zeros];
  if (mode === 'NOTSET' && attributeInts(node, 'output_shape', null) === null) return [...given];
  const from = concreteShape(knownShape(emit, x).slice(2));
  const to = concreteShape(knownShape(emit, y).slice(2));
  if (!from || !to) return emit.fail('its padding depends on lengths that are not known', 'Export the model with fixed spatial lengths.');
  const strides = attributeInts(node, 'strides', kernel.map(() => 1));
  const dilations = attributeInts(node, 'dilations', kernel.map(() => 1));
  const extra = attributeInts(node, 'output_padding', zeros);
  const totals = kernel.map((size, i) => Math.max(0, (from[i]! - 1) * strides[i]! + extra[i]! + (size - 1) * dilations[i]! + 1 - to[i]!));
  const begins = totals.map((total) => (mode === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)));
  return [...begins, ...totals.map((total, i) => total - begins[i]!)];
}

/** The convolution whose data gradient the operator is, with the same weights; for these, data and error change places. */
export const convTranspose: GradientRule = (context) => {
  const { emit, node, dy, inputs, wanted } = context;
  const [x = '', w = ''] = inputs;
  const kernel = attributeInts(node, 'kernel_shape', null) ?? concreteShape(knownShape(emit, w).slice(2));
  if (!kernel) return emit.fail('the size of its kernel is not known');
  const ones = kernel.map(() => 1);
  const strides = attributeInts(node, 'strides', ones);
  const extra = attributeInts(node, 'output_padding', ones.map(() => 0));
  if (extra.some((length, i) => length >= strides[i]!)) return emit.fail('its output padding is not shorter than its stride');
  // Positions that the output padding adds are read by no window of the convolution.
  const cut = cutLengths(context, kernel);
  const data = (): string => emit.op('Conv', [dy, w], [
    intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('dilations', attributeInts(node, 'dilations', ones)),
    intsAttribute('pads', cut), intAttribute('group', attributeInt(node, 'group', 1)),
  ]);
  const geometry = {
    kernel, strides, dilations: attributeInts(node, 'dilations', ones), padsBegin: cut.slice(0, kernel.length), padsEnd: cut.slice(kernel.length),
  };
  const gradients = [data, () => weightGradient(emit, { data: dy, error: x, geometry, groups: attributeInt(node, 'group', 1) }), () => channelSums(emit, dy)];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};
