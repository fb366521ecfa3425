import type { DataSource, Recipe } from '../configuration/configuration.ts';

/** What differs between the trainings of a group: everything that the seed decides, the initial weights alone, or the order of the images alone. */
export type Factor = 'seed' | 'initialisation' | 'order';
export const FACTORS: readonly Factor[] = ['seed', 'initialisation', 'order'];

/** Over what the gradients of a training are averaged. */
export type Averaging = 'last-batch' | 'last-epoch' | 'all-epochs';
export const AVERAGINGS: readonly Averaging[] = ['last-batch', 'last-epoch', 'all-epochs'];

/** Everything that decides the numbers of `pellucid-bench study`. */
export interface StudyConfiguration {
  readonly data: DataSource;
  /** How every network is trained; its batch size is what the study varies. */
  readonly recipe: Omit<Recipe, 'batchSize'>;
  readonly batchSizes: readonly number[];
  readonly factors: readonly Factor[];
  /** Trainings in each group. */
  readonly repeats: number;
}

/** One training of the study. */
export interface StudyTraining {
  readonly factor: Factor;
  readonly batchSize: number;
  readonly repeat: number;
  /** What the initial weights are drawn by, and what the order of the images. */
  readonly initialSeed: number;
  readonly orderSeed: number;
}

/** All trainings, each once: the first of every factor is the same network. */
export function planStudy({ batchSizes, factors, repeats }: Pick<StudyConfiguration, 'batchSizes' | 'factors' | 'repeats'>): readonly StudyTraining[] {
  return batchSizes.flatMap((batchSize) => factors.flatMap((factor) => Array.from({ length: repeats }, (_, repeat) => ({
    factor, batchSize, repeat,
    initialSeed: factor === 'order' ? 0 : repeat,
    orderSeed: factor === 'initialisation' ? 0 : repeat,
  }))));
}
