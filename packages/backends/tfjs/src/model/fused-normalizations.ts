import { BATCH_STATISTICS } from './batch-statistics.ts';
import { ADDITIONS, isSame, orders, type Facts, type Normalization } from './normalization-facts.ts';
import { numberAttribute, textAttribute, type StoredNode } from './stored-graph.ts';

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/**
 * The axes of x, from the end, over which a normalisation of channels takes its statistics when x is given to it as [1, channels, ...]. Undefined where a
 * channel is no part of one sample.
 */
export function normalizedAxes(x: readonly number[], [first, channels]: readonly number[]): readonly number[] | undefined {
  if (first !== 1) return undefined;
  const leading = x.findIndex((_, axis) => product(x.slice(0, axis + 1)) === channels) + 1;
  return leading === 0 || leading === x.length ? undefined : x.slice(leading).map((_, i) => leading + i - x.length);
}

/** Whether a value has this number everywhere. */
function isFilledWith(input: string | undefined, value: number, { node, numbers }: Facts): boolean {
  const fill = node(input);
  return (numbers(fill?.op === 'Fill' ? fill.input?.[1] : input) ?? [NaN]).every((number) => number === value);
}

/** Reshape, FusedBatchNorm by own statistics with ones and zeros, Reshape. */
function findPlain(node: StoredNode | undefined, facts: Facts): Normalization | undefined {
  const [normalised, given] = node?.op === 'Reshape' ? (node.input ?? []) : [];
  const statistics = facts.node(normalised);
  if (normalised === undefined || given === undefined || statistics?.op !== BATCH_STATISTICS || !isSame(normalised, statistics.name)) return undefined;
  if (textAttribute(statistics, 'data_format')?.toUpperCase() !== 'NCHW') return undefined;
  const [reshaped, scale, offset] = statistics.input ?? [];
  const reshaping = facts.node(reshaped);
  const [x, taken] = reshaping?.op === 'Reshape' ? (reshaping.input ?? []) : [];
  if (x === undefined || taken === undefined || !isFilledWith(scale, 1, facts) || !isFilledWith(offset, 0, facts)) return undefined;
  return { x, axes: [], shapes: [taken, given], epsilon: numberAttribute(statistics, 'epsilon') ?? 1e-4, scale: undefined, offset: undefined };
}

/** A stored value with axes of its own: a number by itself is no parameter of a normalisation. */
const isParameter = (input: string, { shape }: Facts): boolean => (shape(input)?.length ?? 0) > 0;

const isAlike = (scale: string | undefined, offset: string, { shape }: Facts): boolean => scale === undefined || shape(scale)?.join() === shape(offset)?.join();

/** The same, times a scale. */
function findScaled(node: StoredNode | undefined, facts: Facts): Normalization | undefined {
  const plain = findPlain(node, facts);
  if (plain !== undefined) return plain;
  for (const [normalised, scale] of orders(node, 'Mul')) {
    const found = isParameter(scale, facts) ? findPlain(facts.node(normalised), facts) : undefined;
    if (found !== undefined) return { ...found, scale };
  }
  return undefined;
}

/**
 * Layer normalisation as Keras 2 runs it: a normalisation of channels by their own statistics, where every channel is what is normalised together,
 * then scale and offset, if any.
 */
export function findFused(node: StoredNode, facts: Facts): Normalization | undefined {
  for (const [scaled, offset] of orders(node, ...ADDITIONS)) {
    const found = isParameter(offset, facts) ? findScaled(facts.node(scaled), facts) : undefined;
    // Keras gives both parameters the same shape: what has another is added by somebody else, as positions of tokens are.
    if (found !== undefined && isAlike(found.scale, offset, facts)) return { ...found, offset };
  }
  return findScaled(node, facts);
}
