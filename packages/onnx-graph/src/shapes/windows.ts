import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attributeInt, attributeInts, attributeString } from '../node/attributes.ts';
import { elementTypeOf, likeFirst, type ShapeContext, type ShapeRule } from './context.ts';
import type { Dimension } from './tensor-type.ts';

/** Where the windows of a convolution or pooling lie, per spatial axis. */
export interface WindowGeometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  /** Number of windows; `null` where the input's length is free. */
  readonly output: readonly (number | null)[];
}

function axisGeometry(
  length: Dimension, kernel: number, stride: number, dilation: number, pads: readonly [number, number], autoPad: string, ceil: boolean,
): { begin: number; end: number; output: number | null } | null {
  const span = (kernel - 1) * dilation + 1;
  if (autoPad.startsWith('SAME')) {
    if (typeof length !== 'number') {
      // With stride 1 the padding is the same for every length.
      if (stride !== 1) return null;
      const total = span - 1;
      const small = Math.floor(total / 2);
      return autoPad === 'SAME_UPPER' ? { begin: small, end: total - small, output: null } : { begin: total - small, end: small, output: null };
    }
    const output = Math.ceil(length / stride);
    const total = Math.max(0, (output - 1) * stride + span - length);
    const small = Math.floor(total / 2);
    return autoPad === 'SAME_UPPER' ? { begin: small, end: total - small, output } : { begin: total - small, end: small, output };
  }
  const [begin, end] = autoPad === 'VALID' ? [0, 0] : pads;
  if (typeof length !== 'number') return { begin, end, output: null };
  const room = length + begin + end - span;
  if (!ceil) return { begin, end, output: Math.floor(room / stride) + 1 };
  const output = Math.ceil(room / stride) + 1;
  // A window that starts in the padding behind the input is left out, as in PyTorch and ONNX Runtime.
  return { begin, end, output: (output - 1) * stride >= length + begin ? output - 1 : output };
}

/**
 * Windows of Conv, MaxPool or AveragePool over an input of shape [N, C, ...], with explicit or automatic padding.
 * `null` when `auto_pad` depends on a free length.
 */
export function windowGeometry(
  context: Pick<ShapeContext, 'node'>, spatial: readonly Dimension[], kernel: readonly number[],
): WindowGeometry | null {
  const { node } = context;
  const ones = kernel.map(() => 1);
  const strides = attributeInts(node, 'strides', ones);
  const dilations = attributeInts(node, 'dilations', ones);
  const pads = attributeInts(node, 'pads', [...ones, ...ones].map(() => 0));
  const autoPad = attributeString(node, 'auto_pad', 'NOTSET');
  const ceil = attributeInt(node, 'ceil_mode', 0) === 1;
  const axes = kernel.map((size, i) =>
    axisGeometry(spatial[i] ?? null, size, strides[i]!, dilations[i]!, [pads[i]!, pads[i + kernel.length]!], autoPad, ceil));
  const known = axes.filter((axis) => axis !== null);
  if (known.length < axes.length) return null;
  return {
    kernel, strides, dilations,
    padsBegin: known.map(({ begin }) => begin), padsEnd: known.map(({ end }) => end), output: known.map(({ output }) => output),
  };
}

/** [N, O, ...windows] */
export const conv: ShapeRule = (context) => {
  const [x, w] = context.inputs;
  if (!x?.shape || !w?.shape) return likeFirst(context, null);
  const kernel = attributeInts(context.node, 'kernel_shape', w.shape.slice(2).map(Number));
  const geometry = windowGeometry(context, x.shape.slice(2), kernel);
  return likeFirst(context, [x.shape[0] ?? null, w.shape[0] ?? null, ...(geometry?.output ?? kernel.map(() => null))]);
};

/** [N, O * group, ...] with the lengths of the transposed windows. */
export const convTranspose: ShapeRule = (context) => {
  const { node, inputs: [x, w] } = context;
  if (!x?.shape || !w?.shape) return likeFirst(context, null);
  const kernel = attributeInts(node, 'kernel_shape', w.shape.slice(2).map(Number));
  const ones = kernel.map(() => 1);
  const zeros = ones.map(() => 0);
  const strides = attributeInts(node, 'strides', ones);
  const dilations = attributeInts(node, 'dilations', ones);
  const pads = attributeInts(node, 'pads', [...zeros, ...zeros]);
  const extra = attributeInts(node, 'output_padding', zeros);
  const same = attributeString(node, 'auto_pad', 'NOTSET').startsWith('SAME');
  const wanted = attributeInts(node, 'output_shape', null);
  const spatial = x.shape.slice(2).map((length, i): Dimension => {
    if (wanted) return wanted.slice(-kernel.length)[i]!;
    if (typeof length !== 'number') return null;
    if (same) return length * strides[i]!;
    return (length - 1) * strides[i]! + extra[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - pads[i + kernel.length]!;
  });
  const channels = w.shape[1];
  return likeFirst(context, [x.shape[0] ?? null, typeof channels === 'number' ? channels * attributeInt(node, 'group', 1) : null, ...spatial]);
};

/** [N, C, ...windows]; MaxPool's second output holds the position of each maximum. */
export const pool: ShapeRule = (context) => {
  const [x] = context.inputs;
  const kernel = attributeInts(context.node, 'kernel_shape', null);
  if (!x?.shape || !kernel) return likeFirst(context, null);
  const geometry = windowGeometry(context, x.shape.slice(2), kernel);
  const shape = [...x.shape.slice(0, 2), ...(geometry?.output ?? kernel.map(() => null))];
  return [{ elementType: elementTypeOf(context, 0), shape }, { elementType: ElementType.INT64, shape }];
};

/** [N, C, 1, ...] */
export const globalPool: ShapeRule = (context) =>
  likeFirst(context, context.inputs[0]?.shape?.map((length, axis) => (axis < 2 ? length : 1)) ?? null);
