import { concreteShape, intAttribute, intsAttribute, tensorShape, tensorValues } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import { blockedMask } from './masks.ts';
import { isNarrowBehind } from './pool-phases.ts';

/** The windows of a pool along one axis of [N, C, H, W]. */
interface SideBySide {
  readonly axis: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly length: number;
  readonly count: number;
}

/** Weights of a dense layer up to which a second copy, in another order, is worth its memory. */
const MOST_WEIGHTS = 2 ** 22;

/**
 * Whether the gradient of a pool over images of the blocked layout is interleaved with the channels last: its windows lie side by side and cover x, and what
 * reads it is a convolution in that layout, not one of few channels.
 */
export function isSpreadChannelsLast(emit: Emitter, x: string, windows: readonly SideBySide[]): boolean {
  const covers = windows.every(({ kernel, stride, dilation, padBegin, length, count }) => kernel === stride && dilation === 1 && padBegin === 0 && length === count * stride);
  return emit.uses('channels-last-pools') && knownShape(emit, x).length === 4 && covers && !isNarrowBehind(emit, x);
}

const channelsLast = (emit: Emitter, image: string): string => emit.op('Transpose', [image], [intsAttribute('perm', [0, 2, 3, 1])]);

/** The product that a gradient was reshaped of, made with the channels last by weights in another order; `null` for others. */
function productChannelsLast(emit: Emitter, dy: string, [channels = 0, ...lengths]: readonly number[]): string | null {
  const product = emit.appended(emit.appended(dy)?.opType === 'Reshape' ? (emit.appended(dy)?.input[0] ?? '') : '');
  const [cotangent = '', w = ''] = product?.opType === 'MatMul' ? product.input : [];
  const weights = emit.stored(w);
  const [rows = 0, columns = 0, ...more] = weights === null ? [] : tensorShape(weights);
  const pixels = lengths.reduce((count, length) => count * length, 1);
  if (!weights || more.length > 0 || columns !== channels * pixels || rows * columns > MOST_WEIGHTS) return null;
  const turned = emit.once(`channels last ${channels} ${w}`, () => {
    const values = tensorValues(weights);
    const moved = new Float64Array(rows * columns);
    let next = 0;
    for (let row = 0; row < rows * columns; row += columns) {
      for (let pixel = row; pixel < row + pixels; pixel++) {
        for (let channel = 0; channel < channels; channel++) moved[next++] = Number(values[pixel + channel * pixels]);
      }
    }
    return emit.constant([rows, columns], moved, w);
  });
  return emit.op('Reshape', [emit.op('MatMul', [cotangent, turned]), emit.integers([0, ...lengths, channels])]);
}

/**
 * The gradient of a pool, each axis in turn: what the first position of a window does not take goes to the next. ONNX Runtime changes the order of axes while it leaves
 * and enters the blocked layout, so that a concatenation moves all channels of a position, or of a row, at once.
 * @param dy - the gradient at `y`, the pool's output, not masked by it yet
 * @param passed - 1 where the maximum is not at a tap of a window along an axis, else 0
 */
export function spreadChannelsLast(
  emit: Emitter, y: string, dy: string, windows: readonly SideBySide[], passed: (window: number, tap: number) => string | null,
): string {
  const shape = concreteShape(knownShape(emit, y).slice(1)) ?? [];
  const [channels = 0, ...lengths] = shape;
  const product = productChannelsLast(emit, dy, shape);
  let gradient = product === null ? channelsLast(emit, emit.op('Mul', [dy, blockedMask(emit, y)])) : emit.op('Mul', [product, channelsLast(emit, blockedMask(emit, y))]);
  for (const [i, { axis, kernel, length }] of windows.entries()) {
    let left = gradient;
    const shares = Array.from({ length: kernel - 1 }, (_, tap) => {
      const before = left;
      const mask = passed(i, tap);
      if (mask === null) throw new Error('internal: windows that lie side by side are picked at every tap');
      left = emit.op('Mul', [before, channelsLast(emit, mask)]);
      return emit.op('Sub', [before, left]);
    });
    // The axis stands one place further in front than in [N, C, H, W], and positions are joined along the one behind it.
    const joined = emit.op('Concat', [...shares, left], [intAttribute('axis', axis)]);
    lengths[axis - 2] = length;
    gradient = emit.op('Reshape', [joined, emit.integers([0, ...lengths, channels])]);
  }
  return emit.op('Transpose', [gradient], [intsAttribute('perm', [0, 3, 1, 2])]);
}
