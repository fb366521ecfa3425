import { truthAttribute, type StoredNode } from './stored-graph.ts';

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

/** Whether a value is stored, or the reshaping of such a one. */
export function isStored(input: string, { node, numbers }: Facts): boolean {
  const source = node(input);
  return numbers(source?.op === 'Reshape' ? source.input?.[0] : input) !== undefined;
}

/** What is reduced over which axes, which stay. */
interface Reduction {
  readonly of: string;
  readonly axes: readonly number[];
}

function reductionOf(input: string | undefined, op: string, { node, numbers }: Facts): Reduction | undefined {
  const reduction = node(input);
  const axes = numbers(reduction?.input?.[1]);
  const [of] = reduction?.input ?? [];
  return reduction?.op === op && truthAttribute(reduction, 'keep_dims') && of !== undefined && axes !== undefined ? { of, axes } : undefined;
}

/** Ones in the shape of another value, also reshaped. */
function isOnes(input: string, { node }: Facts): boolean {
  const value = node(input);
  return (value?.op === 'Reshape' ? node(value.input?.[0]) : value)?.op === 'OnesLike';
}

/** A mean with weights that are all one, as group normalisation has it without a mask: sum(1 v) / sum(1 + 0). */
function weightedMeanOf(input: string, facts: Facts): Reduction | undefined {
  const quotient = facts.node(input);
  const [above, below] = quotient?.op === 'DivNoNan' ? (quotient.input ?? []) : [];
  const [sum, count] = [reductionOf(above, 'Sum', facts), reductionOf(below, 'Sum', facts)];
  if (sum === undefined || count === undefined || sum.axes.join() !== count.axes.join()) return undefined;
  const counts = orders(facts.node(count.of), ...ADDITIONS).some(([ones, zeros]) => isOnes(ones, facts) && facts.node(zeros)?.op === 'ZerosLike');
  const weighted = orders(facts.node(sum.of), 'Mul').find(([ones]) => isOnes(ones, facts));
  return counts && weighted !== undefined ? { of: weighted[1], axes: sum.axes } : undefined;
}

/** What a mean that keeps its axes is taken of, and over which. */
export const meanOf = (input: string, facts: Facts): Reduction | undefined => reductionOf(input, 'Mean', facts) ?? weightedMeanOf(input, facts);
