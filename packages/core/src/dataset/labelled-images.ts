import type { Layout } from '../tensor/layout.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Images in memory with their classes: what data sets give, and training and metrics take. */
export interface LabelledImages {
  readonly name: string;
  /** [N, height, width, channels] (NHWC) or [N, channels, height, width] (NCHW), values from 0 to 1. */
  readonly images: Tensor;
  readonly layout: Extract<Layout, 'NCHW' | 'NHWC'>;
  /** A class index per image. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** 1 where the object is, else 0: [N, height, width]. */
  readonly masks?: Tensor | undefined;
}
