import { attributeInt, reducedAxes, type NodeProto } from '@pellucid/onnx-graph';
import { uncast, type ChainFacts } from './chain-facts.ts';

/** Values with their mean taken away, or as they are: what the deviation is taken of. */
export interface Centred {
  readonly x: string;
  /** Where the mean was taken; `null`: none was taken away. */
  readonly axes: readonly number[] | null;
}

/** Both orders of the operands of a sum or product. */
export const orders = (node: NodeProto | undefined, operator: string): readonly (readonly [string, string])[] => {
  const [a = '', b = ''] = node?.opType === operator ? node.input : [];
  return a === '' || b === '' ? [] : [[a, b], [b, a]];
};

export const behindCasts = (name: string, facts: ChainFacts): NodeProto | undefined => facts.producer(uncast(name, facts));

/** The tensor that two names stand for; `null` where it is not one. */
export function common(a: string, b: string, facts: ChainFacts): string | null {
  if (a === b) return a;
  const bare = uncast(a, facts);
  return bare === uncast(b, facts) ? bare : null;
}

export const sameAxes = (a: readonly number[], b: readonly number[] | null): boolean => b === null || a.join() === b.join();

/** What a mean within samples that keeps its axes is taken of, and over which. */
export function meanOf(name: string, facts: ChainFacts): { readonly of: string; readonly axes: readonly number[] } | null {
  const node = behindCasts(name, facts);
  if (node?.opType !== 'ReduceMean' || attributeInt(node, 'keepdims', 1) !== 1) return null;
  const [of = ''] = node.input;
  const rank = facts.typeOf(of).shape?.length;
  const inputs = node.input.map((input) => (input === '' ? undefined : facts.typeOf(input)));
  const axes = rank === undefined ? null : reducedAxes({ node, opset: facts.opset, inputs }, rank);
  return axes === null || axes.length === 0 || axes.includes(0) ? null : { of, axes };
}

/** The values that a squared deviation is of; `null` where a mean of something else was taken away. */
export function centre(name: string, facts: ChainFacts): Centred | null {
  const bare = uncast(name, facts);
  const node = facts.producer(bare);
  const [from = '', away = ''] = node?.opType === 'Sub' ? node.input : [];
  const mean = away === '' ? null : meanOf(away, facts);
  if (mean === null) return { x: name, axes: null };
  const x = common(mean.of, from, facts);
  return x === null ? null : { x, axes: mean.axes };
}

function squareOf(name: string, facts: ChainFacts): string | null {
  const node = behindCasts(name, facts);
  const [a = '', b = ''] = node?.input ?? [];
  if (node?.opType === 'Pow' && facts.number(b) === 2) return a;
  return node?.opType === 'Mul' ? common(a, b, facts) : null;
}

/** The variance plus epsilon that a name is the root of, or 1 over it. */
export function underRoot(name: string, inverse: boolean, facts: ChainFacts): string | null {
  const node = behindCasts(name, facts);
  const [a = '', b = ''] = node?.input ?? [];
  switch (node?.opType) {
    case 'Sqrt':
      return inverse ? null : a;
    case 'Pow':
      return facts.number(b) === (inverse ? -0.5 : 0.5) ? a : null;
    case 'Reciprocal':
      return inverse ? underRoot(a, false, facts) : null;
    case 'Div':
      return inverse && facts.number(a) === 1 ? underRoot(b, false, facts) : null;
    default:
      return null;
  }
}

/** What a variance, or a mean of squares, is of. */
export interface Statistics {
  readonly x: string;
  readonly axes: readonly number[];
  /** The mean was taken away. */
  readonly centred: boolean;
}

/** What the sum of a variance, or a mean of squares, and a small number is of. */
export function statisticsOf(sum: string, facts: ChainFacts): Statistics | null {
  for (const [squares, epsilon] of orders(behindCasts(sum, facts), 'Add')) {
    const variance = meanOf(squares, facts);
    const squared = variance && squareOf(variance.of, facts);
    if (!squared || !((facts.number(epsilon) ?? 0) > 0)) continue;
    const { x, axes } = centre(squared, facts) ?? { x: null, axes: null };
    if (x !== null && sameAxes(variance.axes, axes)) return { x, axes: variance.axes, centred: axes !== null };
  }
  return null;
}

/** A stored operand that differs along some axes alone, and spreads the other one over none. */
export function fits(parameter: string, name: string, axes: readonly number[], facts: ChainFacts): boolean {
  const own = facts.typeOf(parameter).shape;
  const rank = facts.typeOf(name).shape?.length;
  if (!facts.isStored(parameter) || !own || rank === undefined || own.length > rank) return false;
  return own.every((length, axis) => length === 1 || axes.includes(axis + rank - own.length));
}
