import { loadModel, type NetworkSettings, type TfjsCapability } from '@pellucid/backend-tfjs';
import { explain, PellucidError, type Method, type Tensor } from '@pellucid/core';
import { CustomCallback, type LayersModel } from '@tensorflow/tfjs-layers';
import type { EpochExplanation } from './epoch-explanation.ts';
import { writeEpoch } from './write-epoch.ts';

/** What to explain while `model.fit` trains, and where to put it. */
export interface ExplainEpochsRequest {
  /** The model that `fit` trains. */
  readonly model: LayersModel;
  readonly methods: readonly Method<TfjsCapability>[];
  /** Validation images, in the model's own layout. A global method gives one map for all of them. */
  readonly input: Tensor;
  /** A class per image, or one for all. @defaultValue the class that the model predicts in that epoch */
  readonly targets?: number | readonly number[] | undefined;
  /** Explain every so many epochs, the first one included. @defaultValue 1 */
  readonly every?: number | undefined;
  /** @defaultValue 0 */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the logits are and how the axes lie, where that is not as usual. */
  readonly network?: NetworkSettings | undefined;
  /** A folder for `epoch-000.<method>.npy`, raw and signed, and `.json`. @defaultValue nothing is written */
  readonly out?: string | undefined;
  /** Draws the picture for `epoch-000.<method>.png`: the bytes of a PNG. @defaultValue no pictures */
  readonly draw?: ((explained: EpochExplanation) => Uint8Array | Promise<Uint8Array>) | undefined;
  /** Awaited before training goes on. */
  readonly onExplanation?: ((explained: EpochExplanation) => void | Promise<void>) | undefined;
}

function check({ methods, every = 1, out, draw, onExplanation }: ExplainEpochsRequest): void {
  const problem = (option: string, expected: string, actual: string): PellucidError =>
    new PellucidError('OPTION_INVALID', { option, name: 'explainEpochs', expected, actual });
  if (methods.length === 0) throw problem('methods', 'at least one method', 'none');
  if (!Number.isSafeInteger(every) || every < 1) throw problem('every', 'a whole number from 1', String(every));
  if (out === undefined && onExplanation === undefined) throw problem('out', 'a folder, or a function in `onExplanation`', 'neither');
  if (out === undefined && draw !== undefined) throw problem('out', 'a folder for the pictures of `draw`', 'none');
}

async function explainEpoch(epoch: number, request: ExplainEpochsRequest): Promise<void> {
  const { methods, input, targets, seed, signal, network, out, draw, onExplanation } = request;
  const model = await loadModel(request.model, network);
  try {
    for (const method of methods) {
      const settings = { seed, signal };
      const explanation = await explain(model, method, 'begin' in method ? { ...settings, batches: [input] } : { ...settings, input, targets });
      const explained = { epoch, input, explanation };
      if (out !== undefined) writeEpoch(out, explained, await draw?.(explained));
      await onExplanation?.(explained);
    }
  } finally {
    await model.dispose();
  }
}

/**
 * A callback for `model.fit` of TensorFlow.js that explains validation images after each epoch, with any methods, and writes raw maps and
 * pictures. The model trains on as if it had not been there.
 * @throws OPTION_INVALID; within `fit`, which then fails, what `loadModel` and `explain` throw, and OUTPUT_UNWRITABLE.
 */
export function explainEpochs(request: ExplainEpochsRequest): CustomCallback {
  check(request);
  const { every = 1 } = request;
  return new CustomCallback({ onEpochEnd: async (epoch) => void (epoch % every === 0 && (await explainEpoch(epoch, request))) }, 'never');
}
