import { attributeInt, attributeInts, clampSlice, intAttribute, intsAttribute, normalAxis, sliceBounds } from '@pellucid/onnx-graph';
import { knownShape, padZeros, reshapeLike, runtimeShape, sliceAxes, unsqueeze, zerosLike, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';

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
  const parts = outputs.map((output, i) => gradients[i] ?? zerosLike(emit, output));
  const dx = emit.op('Concat', parts, [intAttribute('axis', normalAxis(axis, knownShape(emit, inputs[0] ?? '').length))]);
  return inputs.map((_, i) => (i === 0 ? dx : null));
};

/** dy with step - 1 zeros between its positions along an axis. */
function insertZeros(emit: Emitter, dy: string, axis: number, step: number, count: number): string {
  const shape = knownShape(emit, dy);
  // Next to each position, along a new axis: a padding of that axis would be ten times slower.
  const zeros = unsqueeze(emit, zerosLike(emit, dy), [axis + 1]);
  const columns = [unsqueeze(emit, dy, [axis + 1]), ...Array.from({ length: step - 1 }, () => zeros)];
  const spread = emit.op('Concat', columns, [intAttribute('axis', axis + 1)]);
  const target = shape.map((length, i) => (i === axis ? count * step : length));
  const free = target.filter((length) => typeof length !== 'number').length;
  if (free > 1) return emit.fail('more than one length is free where it takes steps', 'Export the model with known shapes.');
  return emit.op('Reshape', [spread, emit.integers(target.map((length) => (typeof length === 'number' ? length : -1)))]);
}

/** dy with its positions along an axis in reverse. */
function reverse(emit: Emitter, dy: string, axis: number, count: number): string {
  return emit.op('Gather', [dy, emit.integers(Array.from({ length: count }, (_, i) => count - 1 - i))], [intAttribute('axis', axis)]);
}

/** dy where it was cut out, zeros elsewhere. */
export const slice: GradientRule = ({ emit, node, opset, dy, inputs, types }) => {
  const [x = ''] = inputs;
  const shape = knownShape(emit, x);
  const bounds = sliceBounds({ node, opset, inputs: types }, shape.length);
  const unknown = (): never => emit.fail('its bounds are not known before it runs', 'Export the model with known shapes.');
  if (!bounds) return unknown();
  const begin = shape.map(() => 0);
  const end = shape.map(() => 0);
  let dx = dy;
  for (const [i, axis] of bounds.axes.entries()) {
    const length = shape[axis] ?? null;
    const start = bounds.starts[i] ?? null;
    const stop = bounds.ends[i] ?? null;
    const step = bounds.steps?.[i] ?? unknown();
    if (typeof start !== 'number') return unknown();
    const toTheEnd = (typeof stop === 'number' && stop >= 2 ** 31 - 1) || (stop !== null && stop === length);
    if (typeof length !== 'number') {
      // Of a free axis only a slice to the end leaves nothing uncertain behind it.
      if (!toTheEnd || start < 0 || step !== 1) return unknown();
      begin[axis] = start;
      continue;
    }
    if (typeof stop !== 'number') return unknown();
    const { start: first, count } = clampSlice(length, start, stop, step);
    if (count === 0) return emit.fail('it cuts out nothing');
    const low = step > 0 ? first : first + (count - 1) * step;
    const stride = Math.abs(step);
    if (step < 0) dx = reverse(emit, dx, axis, count);
    if (stride > 1) dx = insertZeros(emit, dx, axis, stride, count);
    begin[axis] = low;
    // Inserted zeros may reach past the end: a negative padding cuts them.
    end[axis] = length - low - count * stride;
  }
  const padded = padZeros(emit, dx, [...begin, ...end]);
  return inputs.map((_, i) => (i === 0 ? padded : null));
};

/** Each chosen row gets its part of dy: constant indices along an axis of known length. */
export const gather: GradientRule = ({ emit, node, dy, inputs: [x = '', indices = ''], wanted }) => {
  if (!wanted[0]) return [null, null];
  const shape = knownShape(emit, x);
  const axis = normalAxis(attributeInt(node, 'axis', 0), shape.length);
  const length = shape[axis] ?? null;
  const { values, shape: indexShape } = emit.typeOf(indices);
  const chosen = values?.map((value) => (typeof value === 'number' && typeof length === 'number' ? normalAxis(value, length) : null));
  if (typeof length !== 'number' || !chosen || !indexShape || indexShape.length > 1 || chosen.includes(null)) {
    return emit.fail('its indices, or the length of its axis, are not known before it runs');
  }
  const rows = indexShape.length === 0 ? unsqueeze(emit, dy, [axis]) : dy;
  const [only] = chosen;
  if (chosen.length === 1 && typeof only === 'number') {
    const pads = [...shape.map((_, i) => (i === axis ? only : 0)), ...shape.map((_, i) => (i === axis ? length - 1 - only : 0))];
    return [padZeros(emit, rows, pads), null];
  }
  // dx = S dy with S[i, j] = 1 where row j was taken from i: a product that also adds up repeated rows.
  const scatter = Array.from({ length: length * chosen.length }, (_, i) => (chosen[i % chosen.length] === Math.floor(i / chosen.length) ? 1 : 0));
  const last = shape.length - 1;
  const matrix = emit.constant([chosen.length, length], transposed(scatter, length, chosen.length), x);
  const order = shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  if (axis === last) return [emit.op('MatMul', [rows, matrix]), null];
  const permutation = [intsAttribute('perm', order)];
  return [emit.op('Transpose', [emit.op('MatMul', [emit.op('Transpose', [rows], permutation), matrix])], permutation), null];
};

function transposed(values: readonly number[], rows: number, columns: number): number[] {
  return Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** The middle of dy; constant padding alone. */
export const pad: GradientRule = ({ emit, node, dy, inputs }) => {
  const mode = new TextDecoder().decode(node.attribute.find(({ name }) => name === 'mode')?.s);
  if (mode !== '' && mode !== 'constant') return emit.fail(`its mode is \`${mode}\``, 'Constant padding has a rule.');
  const rank = knownShape(emit, inputs[0] ?? '').length;
  const pads = attributeInts(node, 'pads', null) ?? emit.typeOf(inputs[1] ?? '').values;
  const axes = (inputs[3] ?? '') === '' ? Array.from({ length: rank }, (_, axis) => axis) : emit.typeOf(inputs[3] ?? '').values;
  if (!pads?.every((length) => typeof length === 'number') || !axes?.every((axis) => typeof axis === 'number')) {
    return emit.fail('its padding is not known before it runs');
  }
  const back = Array.from({ length: 2 * rank }, () => 0);
  for (const [i, axis] of axes.entries()) {
    back[normalAxis(axis, rank)] = -pads[i]!;
    back[normalAxis(axis, rank) + rank] = -pads[i + axes.length]!;
  }
  return inputs.map((_, i) => (i === 0 ? padZeros(emit, dy, back) : null));
};

/** dy summed over the axes along which x was spread. */
export const expand: GradientRule = ({ emit, dy, inputs: [x = ''], outputs: [y = ''] }) => [sumToShape(emit, dy, x, [x, y]), null];
