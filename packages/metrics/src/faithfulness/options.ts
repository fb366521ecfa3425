import { choiceOption, integerOption, type OptionSpecs, type Paper } from '@pellucid/core';
import type { Substrate } from './substrate.ts';

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

/** Describes the options, with the substrate that RISE uses for the metric. */
export function perturbationOptions(substrate: Substrate): OptionSpecs<PerturbationOptions> {
  return {
    steps: integerOption(32, 1, 'Number of steps, in equal groups of pixels; at most one per pixel.'),
    substrate: choiceOption(['zero', 'mean', 'blur'], substrate, 'What a pixel without information holds.'),
  };
}
