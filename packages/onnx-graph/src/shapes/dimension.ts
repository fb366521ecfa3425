import type { Dimension } from './tensor-type.ts';

/** A product of a number and symbols. */
interface Monomial {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function parse(dimension: number | string): Monomial {
  if (typeof dimension === 'number') return { factor: dimension, symbols: [] };
  const parts = dimension.split('*');
  // Anything but a plain product, such as `n//2 + 1`, is one symbol.
  if (parts.some((part) => /[()+\-/ ]/.test(part) && parts.length > 1)) return { factor: 1, symbols: [dimension] };
  const numbers = parts.filter((part) => /^\d+$/.test(part));
  return { factor: numbers.reduce((product, part) => product * Number(part), 1), symbols: parts.filter((part) => !/^\d+$/.test(part)).sort() };
}

function format({ factor, symbols }: Monomial): Dimension {
  if (symbols.length === 0 || factor === 0) return factor;
  return factor === 1 ? symbols.join('*') : [factor, ...symbols].join('*');
}

/** Product of lengths; `null` when one is unknown. */
export function multiplyDimensions(dimensions: readonly Dimension[]): Dimension {
  let factor = 1;
  const symbols: string[] = [];
  for (const dimension of dimensions) {
    if (dimension === null) return null;
    const parsed = parse(dimension);
    factor *= parsed.factor;
    symbols.push(...parsed.symbols);
  }
  return format({ factor, symbols: symbols.sort() });
}

/** Quotient of lengths where it is exact for every value of the symbols; otherwise `null`. */
export function divideDimensions(dividend: Dimension, divisor: Dimension): Dimension {
  if (dividend === null || divisor === null || divisor === 0) return null;
  const above = parse(dividend);
  const below = parse(divisor);
  const symbols = [...above.symbols];
  for (const symbol of below.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return null;
    symbols.splice(at, 1);
  }
  return above.factor % below.factor === 0 ? format({ factor: above.factor / below.factor, symbols }) : null;
}

/** Length of an axis of the result when two axes broadcast; `null` when it cannot be told. */
export function broadcastDimension(a: Dimension, b: Dimension): Dimension {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  // A number above 1 decides, since the other axis can only be 1 or equal.
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : null;
}

/** Shape of the result when tensors broadcast from the right; `null` when a rank is unknown. */
export function broadcastShapes(shapes: readonly (readonly Dimension[] | null | undefined)[]): readonly Dimension[] | null {
  let result: readonly Dimension[] = [];
  for (const shape of shapes) {
    if (!shape) return null;
    const rank = Math.max(result.length, shape.length);
    const previous = result;
    result = Array.from({ length: rank }, (_, i) => {
      const a = previous[i - (rank - previous.length)];
      const b = shape[i - (rank - shape.length)];
      return broadcastDimension(a === undefined ? 1 : a, b === undefined ? 1 : b);
    });
  }
  return result;
}

/** The lengths as numbers, or `null` when one is free. */
export function concreteShape(shape: readonly Dimension[] | null | undefined): readonly number[] | null {
  return shape?.every((length) => typeof length === 'number') ? shape : null;
}

/** A non-negative axis. */
export function normalAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
