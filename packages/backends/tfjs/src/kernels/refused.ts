import type { KernelFunc } from '@tensorflow/tfjs-core';

/** A kernel whose values are wrong, and which hardly an image network needs: it fails in place of giving them. */
export const refused = (kernel: string) => (): KernelFunc => () => {
  throw new Error(`this engine computes ${kernel} wrongly`);
};
