import { sizeOf, type Layout } from '@pellucid/core';

/**
 * The layout of a value by its rank. Three axes are tokens where the model's input is an image (it was cut into patches), and a
 * sequence otherwise.
 */
export function layoutOf(rank: number, inputRank: number, channelsFirst = false): Layout {
  switch (rank) {
    case 2:
      return 'NC';
    case 3:
      if (inputRank === 4) return 'NTC';
      return channelsFirst ? 'NCW' : 'NWC';
    case 4:
      return channelsFirst ? 'NCHW' : 'NHWC';
    case 5:
      return channelsFirst ? 'NCDHW' : 'NDHWC';
    default:
      return 'N*';
  }
}

/** Whether a softmax over the last axis ends in one distribution per sample, rather than in one per pixel or token. */
export function softmaxCovers(shape: readonly number[]): boolean {
  return sizeOf(shape.slice(1)) === shape.at(-1);
}
