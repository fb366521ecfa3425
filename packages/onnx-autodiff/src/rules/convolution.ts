import { attributeInt, attributeInts, concreteShape, intAttribute, intsAttribute, windowGeometry, type TensorProto, type WindowGeometry } from '@pellucid/onnx-graph';
import { knownShape, padZeros, reduceSum, runtimeShape, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { flippedComputedWeights } from '../passes/flipped-computed-weights.ts';
import { convolvePhases } from '../passes/late-interleaving.ts';
import { isNarrow } from '../passes/narrow-transposed.ts';
import { phaseConvolutions } from '../passes/phase-convolutions.ts';
import { poolPhases } from '../passes/pool-phases.ts';
import { noteShortcut } from '../passes/shortcut-phases.ts';
import { weightGradient } from './convolution-weights.ts';
import { flippedWeights } from './flipped-weights.ts';

/** Stored weights, flipped once. */
function flippedStored(emit: Emitter, w: string, weights: TensorProto, groups: number): string {
  return emit.once(`flipped ${groups} ${w}`, () => {
    const { shape, values } = flippedWeights(weights, groups);
    return emit.constant(shape, values, w);
  });
}

/** The data gradient of a stride-1 convolution is a convolution with the flipped weights: up to 15 times faster than ConvTranspose. */
function flippedConv(emit: Emitter, dy: string, flipped: string, geometry: WindowGeometry, groups: number): string {
  const { kernel, dilations, padsBegin, padsEnd } = geometry;
  const reach = kernel.map((size, i) => (size - 1) * dilations[i]!);
  const margins = [padsBegin, padsEnd].map((pads) => reach.map((span, i) => span - pads[i]!));
  // Windows that lie in the padding alone read nothing of x: a padding wider than the kernel's reach cuts dy.
  const cuts = margins.flatMap((margin) => [0, 0, ...margin.map((length) => Math.min(0, length))]);
  return emit.op('Conv', [padZeros(emit, dy, cuts), flipped], [
    intsAttribute('kernel_shape', kernel), intsAttribute('dilations', dilations),
    intsAttribute('pads', margins.flat().map((length) => Math.max(0, length))), intAttribute('group', groups),
  ]);
}

/** Cuts spatial axes to the lengths that x has when the model runs. */
function cropLike(emit: Emitter, dx: string, x: string, rank: number): string {
  if (emit.opset < 10) return emit.fail('the spatial lengths of its input are not known', 'Export the model with fixed spatial lengths.');
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const ends = emit.op('Slice', [runtimeShape(emit, x), emit.integers([2]), emit.integers([rank]), emit.integers([0])]);
  return emit.op('Slice', [dx, emit.integers(axes.map(() => 0)), ends, emit.integers(axes)]);
}

/** The transposed windows: dy spread back over the input by the weights, which may be computed in the graph. */
export function transposedWindows(emit: Emitter, dy: string, w: string, x: string, geometry: WindowGeometry, groups: number): string {
  const { kernel, strides, dilations, padsBegin, padsEnd, output } = geometry;
  const shape = knownShape(emit, x);
  const lengths = concreteShape(shape.slice(2));
  // Windows may leave the last positions of the input unread: they get a gradient of 0. Where the length is free, make more and cut.
  const extra = kernel.map((size, i) => {
    if (!lengths) return strides[i]! - 1;
    return lengths[i]! - ((output[i]! - 1) * strides[i]! + (size - 1) * dilations[i]! + 1 - padsBegin[i]! - padsEnd[i]!);
  });
  // A window that hangs over the end, as `ceil_mode` allows, is cut like more padding.
  const ends = padsEnd.map((pad, i) => pad + Math.max(0, -extra[i]!));
  const dx = emit.op('ConvTranspose', [dy, w], [
    intsAttribute('kernel_shape', kernel), intsAttribute('strides', strides), intsAttribute('dilations', dilations),
    intsAttribute('pads', [...padsBegin, ...ends]), intsAttribute('output_padding', extra.map((length) => Math.max(0, length))),
    intAttribute('group', groups),
  ]);
  return lengths ? dx : cropLike(emit, dx, x, shape.length);
}

/** The gradient at a value per channel: dy summed over all other axes. */
export function channelSums(emit: Emitter, dy: string): string {
  return reduceSum(emit, dy, [...knownShape(emit, dy).keys()].filter((axis) => axis !== 1), false);
}

/** The gradients at data, weights and bias. */
export const conv: GradientRule = ({ emit, node, dy, inputs, outputs: [y = ''], wanted }) => {
  const [x = '', w = ''] = inputs;
  const kernel = attributeInts(node, 'kernel_shape', null) ?? concreteShape(knownShape(emit, w).slice(2));
  if (!kernel) return emit.fail('the size of its kernel is not known');
  const geometry = windowGeometry({ node }, knownShape(emit, x).slice(2), kernel);
  if (!geometry) return emit.fail('`auto_pad` depends on lengths that are not known', 'Export the model with fixed spatial lengths.');
  const groups = attributeInt(node, 'group', 1);
  const weights = emit.stored(w);
  const data = (): string => {
    const flips = geometry.strides.every((stride) => stride === 1) && !isNarrow(emit, w, groups);
    const flipped = flips ? (weights ? flippedStored(emit, w, weights, groups) : flippedComputedWeights(emit, w, groups)) : null;
    if (flipped !== null) {
      const convolve = (part: string): string => flippedConv(emit, part, flipped, geometry, groups);
      return convolvePhases(emit, node, dy, convolve) ?? convolve(dy);
    }
    const convolution = { dy, w, x, y, geometry, groups };
    const phased = phaseConvolutions(emit, convolution) ?? (isNarrow(emit, w, groups) ? poolPhases(emit, dy, w, geometry) : null);
    if (phased !== null) return phased;
    const dx = transposedWindows(emit, dy, w, x, geometry, groups);
    noteShortcut(emit, dx, convolution);
    return dx;
  };
  const gradients = [data, () => weightGradient(emit, { data: x, error: dy, geometry, groups }), () => channelSums(emit, dy)];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};
