import { attributeInt, attributeInts, concreteShape, intAttribute, intsAttribute, type NodeProto } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import { notePhases, phasedGradient } from './shortcut-phases.ts';

/** Values of a sample from which what is not moved outweighs a call for every phase: measured with 96 channels at 112x112, 144 at 56x56 and smaller. */
const LEAST = 2 ** 18;

/** Whether a node is a convolution by one element, position by position, of fewer input than output channels. */
function narrowsBackward(emit: Emitter, node: NodeProto | undefined): boolean {
  if (node?.opType !== 'Conv' || attributeInt(node, 'group', 1) !== 1) return false;
  const [outputs, inputs, ...kernel] = concreteShape(knownShape(emit, node.input[1] ?? '')) ?? [];
  const isPlain = kernel.length === 2 && kernel.every((size) => size === 1) && (attributeInts(node, 'strides', null) ?? []).every((stride) => stride === 1)
    && (attributeInts(node, 'pads', null) ?? []).every((pad) => pad === 0);
  return isPlain && emit.stored(node.input[1] ?? '') !== null && Number(inputs) < Number(outputs);
}

/** One phase of an image: a depthwise convolution that reads one position per window. */
function pickPhase(emit: Emitter, image: string, row: number, column: number, strides: readonly number[]): string {
  const channels = Number(emit.typeOf(image).shape?.[1]);
  const kernel = [row + 1, column + 1];
  const size = kernel[0]! * kernel[1]!;
  const last = emit.once(`last of ${kernel.join()} for ${channels}`, () =>
    emit.constant([channels, 1, ...kernel], Float32Array.from({ length: channels * size }, (_, i) => (i % size === size - 1 ? 1 : 0)), image));
  return emit.op('Conv', [image, last], [intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intAttribute('group', channels)]);
}

/**
 * dy times the mask that `mask` makes of y, phase by phase, where dy was joined of phases and a convolution to fewer channels follows on the way back, behind
 * which there is less to interleave. `null` where this does not apply.
 */
export function maskPhases(emit: Emitter, y: string, dy: string, mask: (image: string) => string): string | null {
  const gradient = emit.uses('late-interleaving') ? phasedGradient(emit, dy) : undefined;
  const [channels = 0, ...lengths] = concreteShape(emit.typeOf(y).shape?.slice(1) ?? []) ?? [];
  const size = lengths.reduce((product, length) => product * length, channels);
  if (!gradient?.join || size < LEAST || !narrowsBackward(emit, emit.producer(emit.producer(y)?.input[0] ?? ''))) return null;
  const { strides, join } = gradient;
  if (lengths.some((length, axis) => length % strides[axis]! !== 0)) return null;
  const parts = gradient.phases().map((row, a) => row.map((part, b) => emit.op('Mul', [part ?? '', mask(pickPhase(emit, y, a, b, strides))])));
  const dx = join(parts);
  notePhases(emit, dx, parts, lengths, strides, join);
  return dx;
}

/** What `convolve` makes of dy phase by phase, interleaved, for a convolution that `maskPhases` left the phases to; `null` for others. */
export function convolvePhases(emit: Emitter, node: NodeProto, dy: string, convolve: (part: string) => string): string | null {
  const gradient = emit.uses('late-interleaving') ? phasedGradient(emit, dy) : undefined;
  if (!gradient?.join || !narrowsBackward(emit, node)) return null;
  return gradient.join(gradient.phases().map((row) => row.map((part) => convolve(part ?? ''))));
}
