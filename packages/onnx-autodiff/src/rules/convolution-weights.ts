import { intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, sliceAxes, type Emitter } from '../engine/emitter.ts';
import { weightGradientByTaps, type WeightGradient } from '../passes/weight-gradient-by-taps.ts';

/** Samples and channels exchanged. */
function exchanged(emit: Emitter, x: string): string {
  return emit.op('Transpose', [x], [intsAttribute('perm', [1, 0, ...knownShape(emit, x).slice(2).map((_, i) => i + 2)])]);
}

/** A group's part of the channels. */
function channelsOf(emit: Emitter, x: string, group: number, groups: number): string {
  if (groups === 1) return x;
  const channels = knownShape(emit, x)[1];
  if (typeof channels !== 'number') return emit.fail('its number of channels is not known', 'Export the model with known channels.');
  const size = channels / groups;
  return sliceAxes(emit, x, [1], [group * size], [(group + 1) * size]);
}

/** The data convolved with the error, samples taking the place of channels, and strides that of dilations. */
function correlation(emit: Emitter, { data, error, geometry: { kernel, strides, dilations, padsBegin, padsEnd }, groups }: WeightGradient): string {
  const spatial = kernel.map((_, i) => i + 2);
  const parts = Array.from({ length: groups }, (_, group) => {
    const correlated = emit.op('Conv', [exchanged(emit, channelsOf(emit, data, group, groups)), exchanged(emit, channelsOf(emit, error, group, groups))], [
      intsAttribute('strides', dilations), intsAttribute('dilations', strides), intsAttribute('pads', [...padsBegin, ...padsEnd]),
    ]);
    // Data behind the last window makes more positions than the kernel has.
    return exchanged(emit, sliceAxes(emit, correlated, spatial, kernel.map(() => 0), kernel));
  });
  const [only = ''] = parts;
  return groups === 1 ? only : emit.op('Concat', parts, [intAttribute('axis', 0)]);
}

/** The gradient at weights [O, C/g, k...] of a convolution of `data` [N, C, ...] whose result has the gradient `error` [N, O, ...]. */
export function weightGradient(emit: Emitter, gradient: WeightGradient): string {
  return weightGradientByTaps(emit, gradient) ?? correlation(emit, gradient);
}
