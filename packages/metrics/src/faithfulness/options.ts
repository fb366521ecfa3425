import { choiceOption, integerOption, type OptionSpec, type OptionSpecs, type Paper } from '@pellucid/core';
import { substrateOption, type Substrate } from '../removal/removal.ts';
import type { ScoredObjective } from '../subject/variants.ts';

/** The publication that defines deletion and insertion. */
export const RISE: Paper = {
  authors: 'Petsiuk, Das, Saenko',
  year: 2018,
  title: 'RISE: Randomized Input Sampling for Explanation of Black-box Models',
  url: 'https://arxiv.org/abs/1806.07421',
};

/** Options of both curves. */
export interface PerturbationOptions {
  /** Number of steps from the first image to the last, in equal groups of pixels; at most one per pixel. @defaultValue 32 */
  readonly steps: number;
  /** What a pixel without information holds. @defaultValue 'zero' for deletion, 'blur' for insertion */
  readonly substrate: Substrate;
}

/** The number of equal groups that the pixels are taken in. */
export function stepsOption(): OptionSpec<number> {
  return integerOption(32, 1, 'Number of steps, in equal groups of pixels; at most one per pixel.');
}

/** What the model says of the target. */
export function objectiveOption(fallback: ScoredObjective): OptionSpec<ScoredObjective> {
  return choiceOption(['logit', 'probability'], fallback, 'What the model says of the target.');
}

/** Describes the options, with the substrate that RISE uses for the metric. */
export function perturbationOptions(substrate: Substrate): OptionSpecs<PerturbationOptions> {
  return { steps: stepsOption(), substrate: substrateOption(substrate) };
}

/** Options of metrics that take pixels in steps and look at the target's score. */
export interface SteppedOptions extends PerturbationOptions {
  /** What the model says of the target: its logit or its softmax probability. @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/** Describes them. */
export function steppedOptions(): OptionSpecs<SteppedOptions> {
  return { ...perturbationOptions('zero'), objective: objectiveOption('logit') };
}
