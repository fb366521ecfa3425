import { intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';

/** scale x + shift for all channels of an image, as a depthwise convolution by one element, which keeps the blocked layout. */
export function scaleChannels(emit: Emitter, x: string, scale: number, shift = 0): string {
  const channels = Number(emit.typeOf(x).shape?.[1]);
  const fill = (value: number, shape: readonly number[]): string => emit.once(`channels ${channels} ${value} ${shape.length}`, () =>
    emit.constant(shape, new Float32Array(channels).fill(value), x));
  const operands = [x, fill(scale, [channels, 1, 1, 1]), ...(shift === 0 ? [] : [fill(shift, [channels])])];
  return emit.op('Conv', operands, [intAttribute('group', channels), intsAttribute('kernel_shape', [1, 1])]);
}
