import type { StoredNode } from './stored-graph.ts';

/** The parts of a normalisation: (x - mean) / sqrt(variance + epsilon) * scale + offset, with statistics of x over some axes. */
export interface Normalization {
  readonly x: string;
  /** None where `shapes` say which. */
  readonly axes: readonly number[];
  /** Two values: the shape in which the statistics of the channels are taken, and that of the result. */
  readonly shapes: readonly string[];
  readonly epsilon: number;
  readonly scale: string | undefined;
  readonly offset: string | undefined;
}

/** What has to be known of the graph. */
export interface Facts {
  readonly node: (input: string | undefined) => StoredNode | undefined;
  /** The numbers of a stored value. */
  readonly numbers: (input: string | undefined) => readonly number[] | undefined;
  /** The shape of a stored value. */
  readonly shape: (input: string | undefined) => readonly number[] | undefined;
}

/** Operators that add two values. */
export const ADDITIONS: readonly string[] = ['Add', 'AddV2'];

/** Both orders of the inputs of a sum or product. */
export function orders(node: StoredNode | undefined, ...ops: readonly string[]): readonly (readonly [string, string])[] {
  const [a, b] = node?.input ?? [];
  return node === undefined || a === undefined || b === undefined || !ops.includes(node.op) ? [] : [[a, b], [b, a]];
}

/** Whether two inputs are the same value. */
export const isSame = (a: string | undefined, b: string): boolean => a !== undefined && a.replace(/:0$/, '') === b.replace(/:0$/, '');
