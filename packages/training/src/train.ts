import { throwIfAborted } from '@pellucid/core';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint/checkpoint-file.ts';
import { runIdentity } from './checkpoint/run-identity.ts';
import { openTrainer } from './engine/open-trainer.ts';
import type { Trainer } from './engine/trainer.ts';
import { initialState } from './network/initial-state.ts';
import { initialWeights } from './network/initialise.ts';
import type { EpochRecord, TrainedNetwork, Weights } from './network/trained-network.ts';
import { checkInitial, checkSettings } from './run/check-settings.ts';
import { runEpoch, type EpochData } from './run/run-epoch.ts';
import { samplesFor } from './run/samples.ts';
import { validate } from './run/validate.ts';
import type { TrainRequest } from './train-request.ts';

const LEARNING_RATE = 1e-3;

/** The best epoch so far, by validation loss; null where none was validated. */
function bestEpoch(history: readonly EpochRecord[]): number | null {
  const losses = history.map(({ validation }) => validation?.loss ?? Infinity);
  const best = losses.indexOf(Math.min(...losses));
  return best < 0 || losses[best] === Infinity ? null : best;
}

/** Whether a run has gone on for long enough without a better epoch. */
function isExhausted(history: readonly EpochRecord[], patience: number | undefined): boolean {
  const best = bestEpoch(history);
  return patience !== undefined && best !== null && history.length - 1 - best >= patience;
}

/** Runs what is left of a run. The weights are only read off the engine where something is kept. */
async function runEpochs(
  trainer: Trainer, data: EpochData, start: Checkpoint, save: ((checkpoint: Checkpoint) => void) | undefined,
): Promise<Omit<Checkpoint, 'state'>> {
  const { request, validation } = data;
  const { epochs, patience, onEpoch } = request;
  let { best } = start;
  const history = [...start.history];
  while (history.length < epochs && !isExhausted(history, patience)) {
    const learned = await runEpoch(trainer, data, history.length);
    const record: EpochRecord = { ...learned, ...(validation && { validation: await validate(trainer, validation) }) };
    history.push(record);
    const isBest = patience !== undefined && bestEpoch(history) === record.epoch;
    if (isBest || save !== undefined) {
      const state = await trainer.state();
      if (isBest) best = { epoch: record.epoch, weights: state.weights };
      save?.({ state, history, best });
    }
    await onEpoch?.(record);
  }
  return { history, best };
}

/**
 * Trains a network: Adam on the softmax cross-entropy, seeded initial weights and order of images. Nothing stays on the engine afterwards, also when it
 * fails.
 * @throws REQUEST_INVALID, OPTION_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, BACKEND_UNAVAILABLE, DATA_INVALID, OUTPUT_UNWRITABLE, ABORTED.
 * @see {@link https://arxiv.org/abs/1412.6980 | Kingma and Ba 2015}
 */
export async function train(request: TrainRequest): Promise<TrainedNetwork> {
  const { network, seed, signal, initial, checkpoint } = request;
  const learningRate = request.learningRate ?? LEARNING_RATE;
  checkSettings({ ...request, learningRate });
  const samples = samplesFor(network, request.data);
  const validation = request.validation && samplesFor(network, request.validation);
  if (initial !== undefined) checkInitial(network, initial);
  throwIfAborted(signal, `the training of \`${network.name}\``);
  const run = checkpoint === undefined ? '' : runIdentity({ ...request, learningRate });
  const weights: Weights = initial ?? initialWeights(network, seed);
  const found = checkpoint === undefined ? null : await readCheckpoint(checkpoint, run);
  const start = found ?? { state: initialState(network, weights), history: [], best: null };
  const trainer = await openTrainer(network, start.state, request.engine);
  try {
    const save = (state: Checkpoint): void => {
      if (checkpoint !== undefined) writeCheckpoint(checkpoint, state, run);
    };
    const { history, best } = await runEpochs(trainer, { request: { ...request, learningRate }, samples, validation }, start, checkpoint === undefined ? undefined : save);
    return { network, weights: best?.weights ?? (await trainer.state()).weights, history };
  } finally {
    await trainer.dispose();
  }
}
