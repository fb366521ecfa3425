import { randomStream } from '@pellucid/core';
import { ElementType, int64Tensor, makeTensor, type Dimension, type TensorProto } from '@pellucid/onnx-graph';

/** Random choices of one generated case: the same for the same seed and number. */
export interface Chance {
  /** An integer between two bounds, both of which may come. */
  readonly integer: (low: number, high: number) => number;
  readonly pick: <Value>(values: readonly Value[]) => Value;
  readonly happens: (probability: number) => boolean;
  /** Some of 0 ... length - 1, in their order. */
  readonly some: (length: number, count: number) => number[];
  readonly permutation: (length: number) => number[];
  /** Rounded to two digits, so that titles are short and single precision nearly holds it. */
  readonly number: (low: number, high: number) => number;
  /** Lengths of 1 to 5. */
  readonly lengths: (rank: number, most?: number) => number[];
  /** The same as declared: some axes free. */
  readonly declared: (lengths: readonly number[]) => Dimension[];
  /** A stored tensor with normal values. */
  readonly stored: (name: string, shape: readonly number[], scale?: number) => TensorProto;
}

/** Opens the choices of one case. */
export function chanceOf(seed: number, index: number): Chance {
  const stream = randomStream(seed, 'case', index);
  const integer = (low: number, high: number): number => low + stream.integer(high - low + 1);
  const happens = (probability: number): boolean => stream.uniform() < probability;
  return {
    integer, happens,
    permutation: stream.permutation,
    pick: (values) => values[stream.integer(values.length)]!,
    some: (length, count) => stream.permutation(length).slice(0, count).sort((a, b) => a - b),
    number: (low, high) => Math.round((low + stream.uniform() * (high - low)) * 64) / 64,
    lengths: (rank, most = 5) => Array.from({ length: rank }, () => integer(1, most)),
    declared: (lengths) => lengths.map((length, axis) => (length > 1 && happens(axis === 0 ? 0.5 : 0.15) ? `f${length}` : length)),
    stored: (name, shape, scale = 1) =>
      makeTensor(name, ElementType.DOUBLE, shape, Float64Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => stream.normal() * scale)),
  };
}

/** A stored list of integers. */
export const list = int64Tensor;
/** Stored integers of some shape. */
export const table = (name: string, shape: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, ElementType.INT64, shape, values);
/** How many elements a shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
