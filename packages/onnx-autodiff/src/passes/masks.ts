import { ElementType, floatAttribute, intAttribute } from '@pellucid/onnx-graph';
import { multiplyMask, type Emitter } from '../engine/emitter.ts';
import { isBlocked } from './blocked-layout.ts';
import { scaleChannels } from './channel-scaling.ts';
import { maskPhases } from './late-interleaving.ts';
import { rectifiedMask } from './rectified-masks.ts';

/** Large enough to lift every normal float32 above 1, a power of two so that nothing is rounded. */
const LIFT = 2 ** 126;

/** Values between 0 and 1, which the runtime fuses with the convolution that makes them. */
function clip(emit: Emitter, x: string): string {
  if (emit.opset >= 11) return emit.op('Clip', [x, emit.scalar(0, x), emit.scalar(1, x)]);
  return emit.op('Clip', [x], [floatAttribute('min', 0), floatAttribute('max', 1)]);
}

/** dy where a tensor is not 0, else 0. As truth values the tensor is the mask: cheaper than its sign, or a comparison and a choice. */
function keepNonzero(emit: Emitter, mask: string, dy: string): string {
  return multiplyMask(emit, emit.op('Cast', [mask], [intAttribute('to', ElementType.BOOL)]), dy);
}

/** 1 where y > 0, else 0, for an image of the blocked layout. */
export function blockedMask(emit: Emitter, y: string): string {
  return clip(emit, scaleChannels(emit, y, LIFT));
}

/**
 * 1 where 0 < y < high, else 0, for an image y in [0, high] of the blocked layout.
 *
 * No comparison exists there, but a LeakyReLU of negative slope has two branches that meet both bounds at one height: v falls from high at y = 0 to 0 at a
 * tiny y, and rises to high again. So v < high exactly inside.
 */
function maskBetween(emit: Emitter, y: string, high: number): string {
  if (emit.uses('rectified-masks')) return rectifiedMask(emit, y, high);
  const tiny = 2 ** -40;
  const v = emit.op('LeakyRelu', [scaleChannels(emit, y, 1, -tiny)], [floatAttribute('alpha', -high / tiny)]);
  // The float below `high` is less than it by more than high / 2^25.
  const lift = 2 ** (27 - Math.floor(Math.log2(high)));
  return clip(emit, scaleChannels(emit, v, -lift, lift * high));
}

/** dy times the mask that `mask` makes of y, an image of the blocked layout. */
function applyMask(emit: Emitter, y: string, dy: string, mask: (image: string) => string): string {
  return maskPhases(emit, y, dy, mask) ?? emit.op('Mul', [dy, mask(y)]);
}

/** dy where y > 0, else 0, for a y that is never negative. */
export function keepPositive(emit: Emitter, y: string, dy: string): string {
  if (emit.uses('blocked-masks') && isBlocked(emit, y)) return applyMask(emit, y, dy, (image) => blockedMask(emit, image));
  return keepNonzero(emit, y, dy);
}

/** dy where 0 < y < high, else 0, for a y in [0, high]. */
export function keepBetween(emit: Emitter, y: string, high: number, dy: string): string {
  if (emit.uses('blocked-masks') && isBlocked(emit, y)) return applyMask(emit, y, dy, (image) => maskBetween(emit, image, high));
  // Positive inside, 0 at both bounds.
  return keepNonzero(emit, emit.op('Mul', [y, emit.op('Sub', [emit.scalar(high, y), y])]), dy);
}
