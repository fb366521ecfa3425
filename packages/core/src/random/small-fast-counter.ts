import type { Block } from './philox.ts';

/** Rounds after which every bit of the start has reached the whole state. */
const WARM_UP = 12;

/**
 * sfc32, the "small fast counting" generator of Doty-Humphrey's PractRand (https://pracrand.sourceforge.net): the next 32 random bits, as a signed integer. Several times
 * faster than a counter-based generator, for the millions of numbers that noise on images takes. Its counter makes every period longer than 2^32.
 */
export function nextWord(state: Int32Array): number {
  const [b, c] = [state[1]!, state[2]!];
  const word = (((state[0]! + b) | 0) + state[3]!) | 0;
  state[3] = (state[3]! + 1) | 0;
  state[0] = b ^ (b >>> 9);
  state[1] = (c + (c << 3)) | 0;
  state[2] = (((c << 21) | (c >>> 11)) + word) | 0;
  return word;
}

/** The state of sfc32 at the start that a block stands for. */
export function smallFastCounter(start: Block): Int32Array {
  const state = Int32Array.from(start);
  for (let round = 0; round < WARM_UP; round++) nextWord(state);
  return state;
}
