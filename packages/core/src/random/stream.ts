import { philox, type Block } from './philox.ts';
import { smallFastCounter } from './small-fast-counter.ts';
import { normalFrom, type NormalNumbers } from './ziggurat.ts';

/** A sequence of random numbers that depends only on the seed and the names that it was opened with. */
export interface RandomStream extends NormalNumbers {
  /** The next 32 bits as an unsigned integer. */
  readonly bits: () => number;
  /** Uniform in [0, 1), 53 bits. */
  readonly uniform: () => number;
  /** Uniform integer in [0, limit). */
  readonly integer: (limit: number) => number;
  /** The integers 0 to length - 1 in random order. */
  readonly permutation: (length: number) => number[];
}

/** Murmur3's 32-bit finaliser: spreads every input bit over the whole word. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of a text, from a starting value. */
function hashText(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = mix((Math.imul(h, 31) + text.charCodeAt(i) + 0x9e3779b9) | 0);
  return mix(h ^ text.length);
}

/**
 * A 64-bit hash of float values as text: the identity of a sample. It names the sample's random streams, so that neither the order
 * of a batch nor its size changes a draw.
 */
export function hashValues(values: Float32Array): string {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let a = 0x12345678;
  let b = 0x9abcdef0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    a = (Math.imul(a ^ word, 0x01000193) + 0x632be5ab) | 0;
    a ^= a >>> 15;
    b = (Math.imul(b + word, 0x85ebca6b) ^ (b >>> 13)) | 0;
  }
  return `${mix(a).toString(16)}-${mix(b ^ words.length).toString(16)}`;
}

/**
 * Opens the stream that a seed and names (of a method, a sample, a purpose) stand for. Streams of different names are independent;
 * equal names give equal numbers, on every platform.
 */
export function randomStream(seed: number, ...names: readonly (string | number)[]): RandomStream {
  const label = names.map((name) => `${typeof name}:${name}`).join('\u0000');
  const key = [hashText(label, mix(seed >>> 0)), hashText(label, mix(Math.floor(seed / 0x100000000) ^ 0x5bf03635))] as const;
  let position = 0;
  let block: Block = [0, 0, 0, 0];

  const bits = (): number => {
    const lane = position % 4;
    if (lane === 0) {
      const index = position / 4;
      block = philox([index >>> 0, Math.floor(index / 0x100000000), 0, 0], key);
    }
    position++;
    return block[lane]!;
  };
  const uniform = (): number => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000;
  const integer = (limit: number): number => Math.floor(uniform() * limit);
  const permutation = (length: number): number[] => {
    const order = Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  };
  // Normal numbers have a generator of their own, from a block that the other numbers never use.
  return { bits, uniform, integer, permutation, ...normalFrom(() => smallFastCounter(philox([0, 0, 1, 0], key))) };
}
