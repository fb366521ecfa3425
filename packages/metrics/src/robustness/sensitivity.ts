import { integerOption, numberOption, sampleData, type MetricContext, type MetricSubject, type OptionSpecs, type Paper } from '@pellucid/core';
import { difference, euclideanNorm } from '../statistics/norms.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { noisyMaps } from './noisy-maps.ts';

/** Options of both sensitivities. */
export interface SensitivityOptions {
  /** Largest change of a value, in units of the input. @defaultValue 0.02 */
  readonly radius: number;
  /** Number of random neighbours. @defaultValue 10 */
  readonly draws: number;
}

/** The publication that defines the sensitivity of explanations. */
export const YEH: Paper = {
  authors: 'Yeh, Hsieh, Suggala, Inouye, Ravikumar', year: 2019, title: 'On the (In)fidelity and Sensitivity of Explanations', url: 'https://arxiv.org/abs/1901.09392',
};

/** Describes the options. */
export const sensitivityOptions: OptionSpecs<SensitivityOptions> = {
  radius: numberOption(0.02, Number.MIN_VALUE, Number.MAX_VALUE, 'Largest change of a value, in units of the input.'),
  draws: integerOption(10, 1, 'Number of random neighbours.'),
};

/** ||a' - a|| / ||a|| for every neighbour of every sample, Euclidean norms; the norm of a map of zeros counts as 1, as in Captum. */
export async function relativeChanges(subject: MetricSubject, metric: string, { radius, draws }: SensitivityOptions, context: MetricContext): Promise<Float64Array[]> {
  validateSubject(subject);
  const maps = await noisyMaps(subject, { metric, kind: 'uniform', scale: radius, draws }, context);
  return maps.map((neighbours, sample) => {
    const map = sampleData(subject.values, sample);
    const norm = euclideanNorm(map);
    return Float64Array.from(neighbours, (neighbour) => euclideanNorm(difference(neighbour, map)) / (norm === 0 ? 1 : norm));
  });
}
