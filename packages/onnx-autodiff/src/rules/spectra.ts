import { attributeInt, intsAttribute, normalAxis, tensorValues } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import type { Composition } from './composition.ts';

/** A number that the model stores. */
function storedNumber(emit: Emitter, name: string, what: string): number {
  const value = emit.typeOf(name).values?.[0];
  return typeof value === 'number' ? value : emit.fail(`${what} is not known before it runs`, 'Export the model with a stored one.');
}

function lengthAt(emit: Emitter, x: string, axis: number): number {
  const length = knownShape(emit, x)[axis];
  return typeof length === 'number' ? length : emit.fail('the length of its signal is not known', 'Export the model with a fixed length.');
}

/** Real and imaginary part of exp(-i turn). */
const turned = (turn: number): readonly [number, number] => [Math.cos(turn), -Math.sin(turn)];

/** A discrete Fourier transform along an axis is a product with a stored matrix: real and imaginary parts are the last axis. */
export const fourierTransform: Composition = (emit, { node, inputs: [x = '', given = '', axisInput = ''] }) => {
  const rank = knownShape(emit, x).length;
  const stated = axisInput === '' ? attributeInt(node, 'axis', emit.opset >= 20 ? -2 : 1) : storedNumber(emit, axisInput, 'its axis');
  const axis = normalAxis(stated, rank);
  const [signal, parts] = [lengthAt(emit, x, axis), lengthAt(emit, x, rank - 1)];
  const length = given === '' ? signal : storedNumber(emit, given, 'its length');
  const inverse = attributeInt(node, 'inverse', 0) === 1;
  const oneSided = attributeInt(node, 'onesided', 0) === 1;
  if (inverse && oneSided) return emit.fail('it inverts a one-sided spectrum', 'Export the model with a whole spectrum.');
  const bins = oneSided ? Math.floor(length / 2) + 1 : length;
  const matrix = Float64Array.from({ length: signal * parts * bins * 2 }, (_, i) => {
    const [row, bin, part] = [Math.floor(i / (2 * bins)), Math.floor(i / 2) % bins, i % 2];
    const [time, own] = [Math.floor(row / parts), row % parts];
    if (time >= length) return 0;
    const [real, imaginary] = turned((inverse ? -2 : 2) * Math.PI * ((time * bin) % length) / length);
    // (a + ib)(r + is) = ar - bs + i(as + br)
    const value = own === part ? real : own === 0 ? imaginary : -imaginary;
    return inverse ? value / length : value;
  });
  const swap = intsAttribute('perm', Array.from({ length: rank }, (_, i) => (i === axis ? rank - 2 : i === rank - 2 ? axis : i)));
  const front = axis === rank - 2 ? x : emit.op('Transpose', [x], [swap]);
  const outer = Array.from({ length: rank - 2 }, () => 0);
  const rows = emit.op('Reshape', [front, emit.integers([...outer, signal * parts])]);
  const spectrum = emit.op('MatMul', [rows, emit.constant([signal * parts, 2 * bins], matrix, x)]);
  const y = emit.op('Reshape', [spectrum, emit.integers([...outer, bins, 2])]);
  return [axis === rank - 2 ? y : emit.op('Transpose', [y], [swap])];
};

/** A short-time Fourier transform is a convolution with stored waves: [B, T] or [B, T, 1] to [B, frames, bins, 2]. */
export const shortTimeFourierTransform: Composition = (emit, { node, inputs: [x = '', step = '', window = '', given = ''] }) => {
  if (knownShape(emit, x)[2] === 2) return emit.fail('its signal is complex', 'Give a real signal.');
  const stored = window === '' ? null : (emit.stored(window) ?? emit.fail('its window is not stored', 'Export the model with a stored one.'));
  const weights = stored && Array.from(tensorValues(stored), Number);
  const length = weights?.length ?? storedNumber(emit, given, 'the length of its frames');
  const bins = attributeInt(node, 'onesided', 1) === 1 ? Math.floor(length / 2) + 1 : length;
  const waves = Float64Array.from({ length: 2 * bins * length }, (_, i) => {
    const [channel, time] = [Math.floor(i / length), i % length];
    return (weights?.[time] ?? 1) * turned(2 * Math.PI * ((Math.floor(channel / 2) * time) % length) / length)[channel % 2]!;
  });
  const signal = emit.op('Reshape', [x, emit.integers([0, 1, -1])]);
  const kernel = emit.constant([2 * bins, 1, length], waves, x);
  const frames = emit.op('Conv', [signal, kernel], [intsAttribute('kernel_shape', [length]), intsAttribute('strides', [storedNumber(emit, step, 'the step of its frames')])]);
  return [emit.op('Reshape', [emit.op('Transpose', [frames], [intsAttribute('perm', [0, 2, 1])]), emit.integers([0, 0, bins, 2])])];
};
