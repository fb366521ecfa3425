import { sizeOf, type Tensor } from '@pellucid/core';
import type { ResolvedLayer } from '../network/resolve-network.ts';

/** How the values of a weight lie in ONNX: kernels [out, in, height, width]; rows of dense layers behind a flattened image channels first. */
export interface WeightLayout {
  readonly name: string;
  /** The shape in ONNX. */
  readonly shape: readonly number[];
  readonly size: number;
  readonly toOnnx: (data: Float32Array) => Float32Array;
  /** Back, in the shape of the network's definition. */
  readonly fromOnnx: (data: Float32Array) => Tensor;
}

/** The same values with the axes in another order: axis i of the result is axis `order[i]` of the tensor. */
function transpose({ shape, data }: Tensor, order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]!);
  const result = new Float32Array(data.length);
  const index = order.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    result[i] = data[index.reduce((sum, position, axis) => sum + position * strides[order[axis]!]!, 0)]!;
    for (let axis = target.length - 1; axis >= 0 && (index[axis]! += 1) === target[axis]; axis--) index[axis] = 0;
  }
  return result;
}

/** Whether a flattened image must lie channels last in ONNX too: when anything but a dense layer, whose rows can move, takes it. */
export function keepsOrder({ definition }: ResolvedLayer, layers: readonly ResolvedLayer[]): boolean {
  const takers = layers.filter(({ sources }) => sources.includes(definition.name));
  return takers.length === 0 || takers.some((taker) => taker.definition.kind !== 'dense');
}

/** The image that a dense layer sees flattened, channels last; `null` when its input never was one, or lies so in ONNX too. */
function flattenedImage({ sources }: ResolvedLayer, layers: readonly ResolvedLayer[]): readonly number[] | null {
  const source = layers.find(({ definition }) => definition.name === sources[0]);
  return source?.definition.kind === 'flatten' && !keepsOrder(source, layers) ? source.inputShape : null;
}

/** `seen`: the axes that are put in another `order`; the result is seen as `onnx`. */
function rearranged(name: string, shape: readonly number[], seen: readonly number[], order: readonly number[], onnx: readonly number[]): WeightLayout {
  const turned = order.map((axis) => seen[axis]!);
  const back = order.map((_, axis) => order.indexOf(axis));
  return {
    name, shape: onnx, size: sizeOf(shape),
    toOnnx: (data) => transpose({ shape: seen, data }, order),
    fromOnnx: (data) => ({ shape, data: transpose({ shape: turned, data }, back) }),
  };
}

function layoutOf(name: string, shape: readonly number[], layer: ResolvedLayer, layers: readonly ResolvedLayer[]): WeightLayout {
  const { kind } = layer.definition;
  if (shape.length === 4) {
    const order = [3, 2, 0, 1];
    return rearranged(name, shape, shape, order, order.map((axis) => shape[axis]!));
  }
  const image = kind === 'dense' && shape.length === 2 ? flattenedImage(layer, layers) : null;
  if (image !== null) return rearranged(name, shape, [...image, shape[1]!], [2, 0, 1, 3], shape);
  return { name, shape, size: sizeOf(shape), toOnnx: (data) => Float32Array.from(data), fromOnnx: (data) => ({ shape, data: Float32Array.from(data) }) };
}

/** The layouts of everything that the layers learn, in order; or of the running means that they keep. */
export function weightLayouts(layers: readonly ResolvedLayer[], which: 'weights' | 'statistics'): readonly WeightLayout[] {
  return layers.flatMap((layer) => [...layer[which]].map(([name, shape]) => layoutOf(name, shape, layer, layers)));
}
