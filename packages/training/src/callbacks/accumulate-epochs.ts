import { loadModel, type NetworkSettings, type TfjsCapability } from '@pellucid/backend-tfjs';
import type { Accumulation, GlobalMethod, ModelAdapter, Tensor } from '@pellucid/core';
import { CustomCallback, type LayersModel } from '@tensorflow/tfjs-layers';

/** What to accumulate while `model.fit` trains. */
export interface AccumulateEpochsRequest {
  /** The model that `fit` trains. */
  readonly model: LayersModel;
  /** Such as accumulated gradients. */
  readonly method: GlobalMethod<TfjsCapability>;
  /** The images whose maps are added up, in the model's own layout: `fit` does not show its own batches. */
  readonly input: Tensor;
  /** Where the logits are and how the axes lie, where that is not as usual. */
  readonly network?: NetworkSettings | undefined;
}

/** Records the maps of a training run: give `callback` to `fit`, and read `maps` afterwards. */
export interface AccumulatedEpochs {
  readonly callback: CustomCallback;
  /** One map per finished epoch, [1, ...]: how the model's view of the images changed while it learned. */
  readonly maps: readonly Tensor[];
}

/**
 * Feeds a global method with the same images after every batch that `model.fit` learns from, and keeps one map per epoch. For the batches
 * themselves use `train` with `recordAccumulated`.
 * @throws within `fit`, which then fails, what `loadModel` throws.
 */
export function accumulateEpochs({ model, method, input, network }: AccumulateEpochsRequest): AccumulatedEpochs {
  const maps: Tensor[] = [];
  // The adapter reads the weights as they are at each question; it is opened once per epoch, because that also checks them.
  let epoch: { readonly adapter: ModelAdapter<TfjsCapability>; readonly accumulation: Accumulation<TfjsCapability> } | undefined;
  const callback = new CustomCallback(
    {
      onEpochBegin: async () => {
        epoch = { adapter: await loadModel(model, network), accumulation: method.begin() };
      },
      onBatchEnd: async () => {
        await epoch?.accumulation.add(epoch.adapter, input);
      },
      onEpochEnd: async () => {
        if (epoch !== undefined) maps.push(epoch.accumulation.map());
        await epoch?.adapter.dispose();
        epoch = undefined;
      },
    },
    'never',
  );
  return { callback, maps };
}
