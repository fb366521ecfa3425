import { attributeInt, concreteShape, intAttribute, intsAttribute, tensorShape, tensorValues, type TensorProto, type WindowGeometry } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import type { RuleContext } from '../engine/gradient-rule.ts';
import { poolGeometry } from '../rules/pooling.ts';
import { scaleChannels } from './channel-scaling.ts';
import { blockedMask } from './masks.ts';
import { isNarrow } from './narrow-transposed.ts';

/** What is known of a max-pool whose windows lie side by side and cover its input. */
export interface PoolMasks {
  /** Height and width of a window. */
  readonly window: readonly number[];
  /** For each position of a window but the last: 1 where the maximum is neither there nor at a position compared before, else 0. */
  readonly passed: readonly string[];
}

/** The gradient behind such a pool, with its masks. */
interface PooledGradient extends PoolMasks {
  readonly dy: string;
}

const POOLED = new WeakMap<Emitter, Map<string, PooledGradient>>();

/** Positions of a window up to which its masks cost less than what they save: measured with four. */
const MOST = 4;

/** The size of the windows of a pool over images, where these lie side by side, are small and cover its input. */
function coveringWindow(context: RuleContext): readonly number[] | null {
  const { emit, inputs: [x = ''], outputs: [y = ''] } = context;
  const [lengths, counts] = [x, y].map((name) => concreteShape(knownShape(emit, name).slice(2)));
  if (lengths?.length !== 2 || !counts) return null;
  const { kernel, strides, dilations, padsBegin } = poolGeometry(context);
  const covers = kernel.every((size, i) => size === strides[i] && dilations[i] === 1 && padsBegin[i] === 0 && lengths[i] === size * counts[i]!);
  return covers && kernel[0]! * kernel[1]! <= MOST ? kernel : null;
}

/** Whether a tensor is the ReLU of a convolution of few input channels. */
export function isNarrowBehind(emit: Emitter, x: string): boolean {
  const node = emit.producer(emit.producer(x)?.input[0] ?? '');
  return node?.opType === 'Conv' && isNarrow(emit, node.input[1] ?? '', attributeInt(node, 'group', 1));
}

/**
 * The masks of a max-pool of images of the blocked layout that are not negative, which `poolPhases` may need. They are made before the gradient is: so the runtime
 * has them while x is in the cache. Of a position the maximum of the box up to it is compared, which a pool reads faster than a convolution the position: what
 * else is in the box was compared before. `null` where they are not needed.
 */
export function poolMasks(context: RuleContext): PoolMasks | null {
  const { emit, inputs: [x = ''], outputs: [y = ''] } = context;
  const window = emit.uses('pool-phases') && isNarrowBehind(emit, x) ? coveringWindow(context) : null;
  if (window === null) return null;
  const [height = 1, width = 1] = window;
  const passed = Array.from({ length: height * width - 1 }, (_, position) => {
    const box = [Math.floor(position / width) + 1, (position % width) + 1];
    const upTo = emit.op('MaxPool', [x], [intsAttribute('kernel_shape', box), intsAttribute('strides', window)]);
    return blockedMask(emit, emit.op('Add', [scaleChannels(emit, upTo, -1), y]));
  });
  return { window, passed };
}

/** Remembers the masks of a pool and the gradient behind it, of which `dx` was made. */
export function notePool(emit: Emitter, dx: string, dy: string, masks: PoolMasks): void {
  const known = POOLED.get(emit) ?? new Map<string, PooledGradient>();
  POOLED.set(emit, known.set(dx, { ...masks, dy }));
}

/** The taps that a gradient at one position of a window takes to the input, [inputs * taps, outputs, 1, 1]: the kernel's, moved by the position. */
function movedTaps(weights: TensorProto, [down = 0, across = 0]: readonly number[], row: number, column: number): Float64Array {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = tensorShape(weights);
  const values = tensorValues(weights);
  const moved = new Float64Array(inputs * down * across * outputs);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < height * width; tap++) {
        const [y, x] = [row + Math.floor(tap / width), column + (tap % width)];
        moved[((input * down + y) * across + x) * outputs + output] = Number(values[(output * inputs + input) * height * width + tap]);
      }
    }
  }
  return moved;
}

/**
 * The data gradient of a stride-1 convolution of few input channels behind which a max-pool stands: at the pool's size, one convolution by one element for
 * each position of its windows gives what every tap of the kernel takes to the input, and only these few channels are interleaved.
 *
 * With r_k what stays of dy for position k and those behind it, position k has r_k - r_(k + 1), so that r_k is multiplied by the taps of k less those of k - 1.
 * `null` where this does not apply.
 */
export function poolPhases(emit: Emitter, dy: string, w: string, { kernel, strides, dilations, padsBegin, padsEnd }: WindowGeometry): string | null {
  const pooled = POOLED.get(emit)?.get(dy);
  const weights = emit.stored(w);
  const shape = concreteShape(knownShape(emit, w));
  if (!pooled || !weights || !shape || kernel.length !== 2 || [...strides, ...dilations].some((step) => step !== 1)) return null;
  const { window } = pooled;
  const [, width = 1] = window;
  const reach = kernel.map((size, axis) => size + window[axis]! - 1);
  const [outputs = 0, inputs = 0] = shape;
  const taps = reach.reduce((product, length) => product * length, 1);
  let left = pooled.dy;
  const parts = [null, ...pooled.passed].map((mask, position) => {
    if (mask !== null) left = emit.op('Mul', [left, mask]);
    const steps = emit.once(`taps ${position} of ${w} behind ${window.join()}`, () => {
      const at = (place: number): Float64Array => movedTaps(weights, reach, Math.floor(place / width), place % width);
      const before = position === 0 ? null : at(position - 1);
      return emit.constant([inputs * taps, outputs, 1, 1], at(position).map((value, i) => value - (before?.[i] ?? 0)), w);
    });
    return emit.op('Conv', [left, steps], [intsAttribute('kernel_shape', [1, 1])]);
  });
  const places = emit.once(`places of ${inputs} x ${reach.join()}`, () =>
    emit.constant([inputs * taps, 1, ...reach], Float32Array.from({ length: inputs * taps * taps }, (_, i) => (i % taps === Math.floor(i / taps) % taps ? 1 : 0)), w));
  // One after the other the runtime adds them up while it convolves.
  const sum = parts.reduce((before, part) => emit.op('Add', [before, part]));
  return emit.op('ConvTranspose', [sum, places], [
    intsAttribute('kernel_shape', reach), intsAttribute('strides', window), intsAttribute('pads', [...padsBegin, ...padsEnd]), intAttribute('group', inputs),
  ]);
}
