import type { Tensor } from '@pellucid/core';
import type { NetworkDefinition } from './network.ts';

/** Values by name. */
export type Weights = ReadonlyMap<string, Tensor>;

/** What one epoch gave, over the training images as they were met, before each step. */
export interface EpochRecord {
  /** From 0. */
  readonly epoch: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of the images whose highest logit was their class. */
  readonly accuracy: number;
  /** The same of the validation images, after the epoch. */
  readonly validation?: { readonly loss: number; readonly accuracy: number } | undefined;
}

/** A network with its trained weights: plain data. */
export interface TrainedNetwork {
  readonly network: NetworkDefinition;
  /**
   * By name, `<layer>/kernel` ([height, width, in, out] or [in, out], flattened images channels last) and `<layer>/bias`; of batch normalisation
   * `<layer>/gamma`, `/beta`, `/moving_mean` and `/moving_variance`.
   */
  readonly weights: Weights;
  readonly history: readonly EpochRecord[];
}
