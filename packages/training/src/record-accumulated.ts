import type { Accumulation, GlobalMethod, Tensor } from '@pellucid/core';
import type { TrainingBatch } from './train-request.ts';

/** What a training run calls, to be spread into its request. */
export interface RecordingCallbacks {
  /** Adds the batch to the map of this epoch. */
  readonly onBatch: (batch: TrainingBatch) => Promise<void>;
  /** Closes the map of this epoch. */
  readonly onEpoch: () => void;
}

/** Records the maps of a training run: spread `callbacks` into the request, and read `maps` afterwards. */
export interface AccumulatedRecord {
  readonly callbacks: RecordingCallbacks;
  /** One map per finished epoch, [1, height, width, channels]: how the network's view changed while it learned. */
  readonly maps: readonly Tensor[];
}

/**
 * Feeds a global method, such as accumulated gradients, with every batch of a training run before the step that learns from it, and
 * keeps one map per epoch.
 */
export function recordAccumulated(method: GlobalMethod<'gradient'>): AccumulatedRecord {
  const maps: Tensor[] = [];
  let accumulation: Accumulation<'gradient'> = method.begin();
  return {
    maps,
    callbacks: {
      onBatch: ({ model, input }) => accumulation.add(model, input),
      onEpoch: () => {
        maps.push(accumulation.map());
        accumulation = method.begin();
      },
    },
  };
}
