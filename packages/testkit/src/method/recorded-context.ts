import type { MethodContext, RandomStream, Tensor } from '@pellucid/core';

/** What stands in for a method's own draws. */
export interface Recording {
  /** The numbers of the stream that a method opens for a sample under a name; what is left out is not drawn. */
  readonly stream: (sample: number, name: string) => Partial<RandomStream>;
  readonly chunkSize?: number | undefined;
  readonly references?: Tensor | undefined;
}

const notDrawn = (): never => {
  throw new Error('the method draws what was not recorded');
};

/**
 * A context for a method's `explain` that feeds it recorded draws, so that its map can be compared with that of another implementation which made
 * the same ones.
 */
export function recordedContext({ stream, chunkSize = 16, references }: Recording): MethodContext {
  const missing = { bits: notDrawn, uniform: notDrawn, normal: notDrawn, integer: notDrawn, permutation: notDrawn };
  return {
    random(sample, name) {
      const recorded = { ...missing, ...stream(sample, name) };
      return { fillNormal: (numbers) => { for (let i = 0; i < numbers.length; i++) numbers[i] = recorded.normal(); }, ...recorded };
    },
    chunkSize,
    references,
    progress: () => undefined,
    estimate: () => false,
    mayStop: false,
    note: () => undefined,
  };
}

/** The number at the end of a stream's name: `copy 12`. */
export function drawNumber(name: string): number {
  const number = / (\d+)$/.exec(name)?.[1];
  if (number === undefined) throw new Error(`the stream \`${name}\` has no number`);
  return Number(number);
}
