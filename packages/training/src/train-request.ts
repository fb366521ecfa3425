import type { LabelledImages, Tensor } from '@pellucid/core';
import type { TrainingEngine } from './engine/open-trainer.ts';
import type { LiveModel } from './engine/trainer.ts';
import type { NetworkDefinition } from './network/network.ts';
import type { EpochRecord, Weights } from './network/trained-network.ts';
import type { Augmentation } from './run/augmentation.ts';
import type { Schedule } from './run/schedule.ts';

/** What a training run shows of a batch, before the step that learns from it. */
export interface TrainingBatch {
  /** The network with the weights that meet this batch. It lives as long as the run. */
  readonly model: LiveModel;
  /** The images of the batch, NHWC. */
  readonly input: Tensor;
  /** From 0. */
  readonly epoch: number;
  /** From 0 in each epoch. */
  readonly batch: number;
}

/** A training run. */
export interface TrainRequest {
  readonly network: NetworkDefinition;
  /** Both layouts are taken; the network sees channels last. */
  readonly data: LabelledImages;
  readonly epochs: number;
  /** Images per step; the last step of an epoch takes what is left. */
  readonly batchSize: number;
  /** Step size of Adam. @defaultValue 0.001 */
  readonly learningRate?: number | undefined;
  /** @defaultValue 'constant' */
  readonly schedule?: Schedule | undefined;
  /** @defaultValue images as they are */
  readonly augmentation?: Augmentation | undefined;
  /** Weights to go on from, of a network of the same shapes. @defaultValue fresh ones, drawn by the seed */
  readonly initial?: Weights | undefined;
  /** Images that are looked at after each epoch, and not learned from. */
  readonly validation?: LabelledImages | undefined;
  /** Ends the run after this many epochs without a lower validation loss; the result has the weights of the best one. @defaultValue all epochs, and the weights of the last */
  readonly patience?: number | undefined;
  /**
   * A file that holds the state after each epoch. Where it is there, the run goes on from it, to the same bits as without a break (on the same engine); callbacks
   * are called for what is still to do.
   */
  readonly checkpoint?: string | undefined;
  /** A whole number from 0: fixes the initial weights and the order of the images. Same seed, same engine: the same bits. */
  readonly seed: number;
  /** @defaultValue ONNX Runtime, else the fastest engine of TensorFlow.js that works */
  readonly engine?: TrainingEngine | undefined;
  /** Awaited before each step. */
  readonly onBatch?: ((batch: TrainingBatch) => Promise<void> | void) | undefined;
  /** Awaited after each epoch. */
  readonly onEpoch?: ((record: EpochRecord) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps done, and steps in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}
