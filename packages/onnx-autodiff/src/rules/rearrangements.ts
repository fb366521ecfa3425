import { attributeInt, attributeInts, intAttribute, intsAttribute, normalAxis } from '@pellucid/onnx-graph';
import { knownShape, reshapeLike, runtimeShape, sliceAxes, zerosLike, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';
import { zerosIn } from './linear-maps.ts';

/** The same contents in another shape: dy in the shape of x. */
export const reshape: GradientRule = ({ emit, dy, inputs }) => inputs.map((x, i) => (i === 0 ? reshapeLike(emit, dy, x) : null));

/** y = x */
export const identity: GradientRule = ({ dy, inputs }) => inputs.map((_, i) => (i === 0 ? dy : null));

/** At inference Dropout passes its input on. */
export const dropout: GradientRule = ({ emit, inputs, dy }) => {
  const training = inputs[2] ?? '';
  if (training !== '' && emit.typeOf(training).values?.[0] !== 0) return emit.fail('it may drop values at random', 'Export the model for inference.');
  return inputs.map((_, i) => (i === 0 ? dy : null));
};

/** Between floating-point types; from integers no gradient flows. */
export const cast: GradientRule = ({ emit, dy, inputs }) =>
  inputs.map((x, i) => (i === 0 ? emit.op('Cast', [dy], [intAttribute('to', emit.typeOf(x).elementType)]) : null));

/** The inverse permutation. */
export const transpose: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) => {
  const rank = knownShape(emit, x).length;
  const order = attributeInts(node, 'perm', Array.from({ length: rank }, (_, axis) => rank - 1 - axis));
  return [emit.op('Transpose', [dy], [intsAttribute('perm', order.map((_, axis) => order.indexOf(axis)))])];
};

/** Each input gets its part of dy. */
export const concat: GradientRule = ({ emit, node, dy, inputs, wanted }) => {
  const axis = normalAxis(attributeInt(node, 'axis', 1), knownShape(emit, inputs[0] ?? '').length);
  const lengths = inputs.map((input) => knownShape(emit, input)[axis] ?? null);
  let start: number | null = 0;
  return inputs.map((input, i) => {
    const length = lengths[i] ?? null;
    const from = start;
    start = from !== null && typeof length === 'number' ? from + length : null;
    if (!wanted[i]) return null;
    if (from !== null && start !== null) return inputs.length === 1 ? dy : sliceAxes(emit, dy, [axis], [from], [start]);
    return runtimeSlice(emit, dy, inputs, i, axis, input);
  });
};

/** The part of dy that belongs to input i, when lengths are only known at run time. */
function runtimeSlice(emit: Emitter, dy: string, inputs: readonly string[], i: number, axis: number, input: string): string {
  if (emit.opset < 10) return emit.fail('the lengths along its axis are not known', 'Export the model with known shapes.');
  const lengthOf = (name: string): string =>
    emit.op('Slice', [runtimeShape(emit, name), emit.integers([axis]), emit.integers([axis + 1]), emit.integers([0])]);
  const start = inputs.slice(0, i).map(lengthOf).reduce<string | null>((sum, length) => (sum === null ? length : emit.op('Add', [sum, length])), null);
  const length = lengthOf(input);
  return emit.op('Slice', [dy, start ?? emit.integers([0]), start === null ? length : emit.op('Add', [start, length]), emit.integers([axis])]);
}

/** The parts joined again; a part without a gradient counts as zeros. */
export const split: GradientRule = ({ emit, node, inputs, outputs, gradients }) => {
  const axis = attributeInt(node, 'axis', 0);
  const parts = outputs.map((output, i) => gradients[i] ?? (emit.opset >= 8 ? zerosIn(emit, output) : zerosLike(emit, output)));
  const dx = emit.op('Concat', parts, [intAttribute('axis', normalAxis(axis, knownShape(emit, inputs[0] ?? '').length))]);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};

/** dy summed over the axes along which x was spread. */
export const expand: GradientRule = ({ emit, dy, inputs: [x = ''], outputs: [y = ''] }) => [sumToShape(emit, dy, x, [x, y]), null];
