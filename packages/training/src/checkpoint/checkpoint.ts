import type { TrainingState } from '../engine/trainer.ts';
import type { EpochRecord, Weights } from '../network/trained-network.ts';

/** A training run between two epochs. */
export interface Checkpoint {
  readonly state: TrainingState;
  readonly history: readonly EpochRecord[];
  /** The weights of the epoch with the lowest validation loss, where the run looks for it. */
  readonly best: { readonly epoch: number; readonly weights: Weights } | null;
}
