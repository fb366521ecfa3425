import { ElementType, floatAttribute, intAttribute, intsAttribute, type AttributeProto } from '@pellucid/onnx-graph';
import { multiplyMask, type Emitter } from '../engine/emitter.ts';
import { isBlocked } from './blocked-layout.ts';

/** Large enough to lift every normal float32 above 1, a power of two so that nothing is rounded. */
const LIFT = 2 ** 126;

/** scale x + shift for all channels of an image, as a convolution, and an activation that the runtime fuses with it. */
function scaleChannels(
  emit: Emitter, x: string, scale: number, shift: number, activation: 'Clip' | 'LeakyRelu', attributes: readonly AttributeProto[] = [],
): string {
  const channels = Number(emit.typeOf(x).shape?.[1]);
  const fill = (value: number, shape: readonly number[]): string => emit.once(`channels ${channels} ${value} ${shape.length}`, () =>
    emit.constant(shape, new Float32Array(channels).fill(value), x));
  const operands = [x, fill(scale, [channels, 1, 1, 1]), ...(shift === 0 ? [] : [fill(shift, [channels])])];
  const scaled = emit.op('Conv', operands, [intAttribute('group', channels), intsAttribute('kernel_shape', [1, 1])]);
  if (activation === 'LeakyRelu') return emit.op('LeakyRelu', [scaled], attributes);
  if (emit.opset >= 11) return emit.op('Clip', [scaled, emit.scalar(0, x), emit.scalar(1, x)]);
  return emit.op('Clip', [scaled], [floatAttribute('min', 0), floatAttribute('max', 1)]);
}

/** dy where a tensor is not 0, else 0. As truth values the tensor is the mask: cheaper than its sign, or a comparison and a choice. */
function keepNonzero(emit: Emitter, mask: string, dy: string): string {
  return multiplyMask(emit, emit.op('Cast', [mask], [intAttribute('to', ElementType.BOOL)]), dy);
}

/** 1 where y > 0, else 0, for an image of the blocked layout. */
export function blockedMask(emit: Emitter, y: string): string {
  return scaleChannels(emit, y, LIFT, 0, 'Clip');
}

/** dy where y > 0, else 0, for a y that is never negative. */
export function keepPositive(emit: Emitter, y: string, dy: string): string {
  if (emit.uses('blocked-masks') && isBlocked(emit, y)) return emit.op('Mul', [dy, blockedMask(emit, y)]);
  return keepNonzero(emit, y, dy);
}

/**
 * dy where 0 < y < high, else 0, for a y in [0, high].
 *
 * In the blocked layout no comparison exists, but a LeakyReLU of negative slope has two branches that meet both bounds at one height: v falls from high at
 * y = 0 to 0 at a tiny y, and rises to high again. So v < high exactly inside.
 */
export function keepBetween(emit: Emitter, y: string, high: number, dy: string): string {
  if (emit.uses('blocked-masks') && isBlocked(emit, y)) {
    const tiny = 2 ** -40;
    const v = scaleChannels(emit, y, 1, -tiny, 'LeakyRelu', [floatAttribute('alpha', -high / tiny)]);
    // The float below `high` is less than it by more than high / 2^25.
    const lift = 2 ** (27 - Math.floor(Math.log2(high)));
    return emit.op('Mul', [dy, scaleChannels(emit, v, -lift, lift * high, 'Clip')]);
  }
  // Positive inside, 0 at both bounds.
  return keepNonzero(emit, emit.op('Mul', [y, emit.op('Sub', [emit.scalar(high, y), y])]), dy);
}
