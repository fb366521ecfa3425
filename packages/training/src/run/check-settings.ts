import { assertFinite, equalShapes, formatShape, PellucidError } from '@pellucid/core';
import type { NetworkDefinition } from '../network/network.ts';
import { resolveNetwork } from '../network/resolve-network.ts';
import type { Weights } from '../network/trained-network.ts';
import type { TrainRequest } from '../train-request.ts';

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
const SCHEDULES: readonly string[] = ['constant', 'linear', 'cosine'];

/** @throws OPTION_INVALID when a setting of a training run is out of range. */
export function checkSettings({ epochs, batchSize, learningRate, seed, schedule, augmentation, patience, validation }: TrainRequest & { readonly learningRate: number }): void {
  const check = (option: string, value: unknown, fits: boolean, expected: string): void => {
    if (!fits) throw new PellucidError('OPTION_INVALID', { option, name: 'train', expected, actual: String(value) });
  };
  check('epochs', epochs, isCount(epochs), 'a whole number from 1');
  check('batchSize', batchSize, isCount(batchSize), 'a whole number from 1');
  check('learningRate', learningRate, Number.isFinite(learningRate) && learningRate > 0, 'a number above 0');
  check('seed', seed, Number.isSafeInteger(seed) && seed >= 0, 'a whole number from 0');
  check('schedule', schedule, schedule === undefined || SCHEDULES.includes(schedule), SCHEDULES.join(', '));
  const shift = augmentation?.shift ?? 0;
  check('augmentation.shift', shift, Number.isSafeInteger(shift) && shift >= 0, 'a whole number from 0');
  check('augmentation.flip', augmentation?.flip, augmentation?.flip === undefined || typeof augmentation.flip === 'boolean', 'true or false');
  if (patience === undefined) return;
  check('patience', patience, isCount(patience), 'a whole number from 1');
  check('patience', patience, validation !== undefined, '`validation` images beside it');
}

/** @throws OPTION_INVALID where weights are no Map, SHAPE_MISMATCH where they are not those of a network, INPUT_NOT_FINITE where they are not numbers. */
export function checkInitial(network: NetworkDefinition, weights: Weights): void {
  if (!(weights instanceof Map)) throw new PellucidError('OPTION_INVALID', { option: 'initial', name: 'train', expected: 'a Map of weights by name', actual: String(weights) });
  for (const layer of resolveNetwork(network)) {
    for (const [name, shape] of [...layer.weights, ...layer.statistics]) {
      const found = weights.get(name);
      if (found === undefined || !equalShapes(found.shape, shape)) {
        throw new PellucidError('SHAPE_MISMATCH', {
          what: `initial weight \`${name}\` of \`${network.name}\``, expected: formatShape(shape), actual: found === undefined ? 'none' : formatShape(found.shape),
          help: 'Give the weights of a network with the same layers.',
        });
      }
      assertFinite(found, `initial weight \`${name}\``);
    }
  }
}
