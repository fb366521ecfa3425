import { PellucidError } from '@pellucid/core';

/** The numbers of a training run. */
export interface TrainingSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** @throws OPTION_INVALID when a number of a training run is out of range. */
export function checkSettings({ epochs, batchSize, learningRate, seed }: TrainingSettings): void {
  const check = (option: string, value: number, fits: boolean, expected: string): void => {
    if (!fits) throw new PellucidError('OPTION_INVALID', { option, name: 'train', expected, actual: String(value) });
  };
  check('epochs', epochs, Number.isSafeInteger(epochs) && epochs > 0, 'a whole number from 1');
  check('batchSize', batchSize, Number.isSafeInteger(batchSize) && batchSize > 0, 'a whole number from 1');
  check('learningRate', learningRate, Number.isFinite(learningRate) && learningRate > 0, 'a number above 0');
  check('seed', seed, Number.isSafeInteger(seed) && seed >= 0, 'a whole number from 0');
}
