import { defineMetric, integerOption, numberOption, sampleData, type MetricFactory } from '@pellucid/core';
import { difference, euclideanNorm } from '../statistics/norms.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { noisyMaps, writeNoise, type Noise } from './noisy-maps.ts';

/** Options of the local Lipschitz estimate. */
export interface LocalLipschitzOptions {
  /** Standard deviation of the noise, in units of the input. @defaultValue 0.1 */
  readonly deviation: number;
  /** Number of random neighbours. @defaultValue 10 */
  readonly draws: number;
}

/**
 * Local Lipschitz estimate: max_k ||a(x_k) - a(x)|| / ||x_k - x|| over neighbours with Gaussian noise, Euclidean norms. Lower is better, from
 * 0, in units of the map per unit of the input. One explanation per draw.
 * @see {@link https://arxiv.org/abs/1806.08049 | Alvarez-Melis and Jaakkola 2018}, eq. 2
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const localLipschitzEstimate: MetricFactory<LocalLipschitzOptions> = defineMetric<LocalLipschitzOptions>({
  name: 'local-lipschitz-estimate',
  title: 'Local Lipschitz estimate',
  category: 'robustness',
  direction: 'lower',
  equation: 'max over Gaussian noise of ‖a(x\') − a(x)‖ / ‖x\' − x‖, in units of the map per unit of the input.',
  range: [0, Infinity],
  cost: '`draws` explanations.',
  limits: 'Maps of larger numbers score worse: compare methods of equal units.',
  paper: {
    authors: 'Alvarez-Melis, Jaakkola', year: 2018, title: 'On the Robustness of Interpretability Methods', url: 'https://arxiv.org/abs/1806.08049',
  },
  needsMask: false,
  needs: ['explanation'],
  options: {
    deviation: numberOption(0.1, Number.MIN_VALUE, Number.MAX_VALUE, 'Standard deviation of the noise, in units of the input.'),
    draws: integerOption(10, 1, 'Number of random neighbours.'),
  },
  score: async (subject, { deviation, draws }, context) => {
    validateSubject(subject);
    const noise: Noise = { metric: 'local-lipschitz-estimate', kind: 'normal', scale: deviation, draws };
    const maps = await noisyMaps(subject, noise, context);
    const write = writeNoise(subject, noise, context);
    return Float64Array.from(maps, (neighbours, sample) => {
      const [map, image] = [sampleData(subject.values, sample), sampleData(subject.input, sample)];
      const moved = new Float32Array(image.length);
      return neighbours.reduce((largest, neighbour, draw) => {
        write(sample, draw, moved);
        const distance = euclideanNorm(difference(moved, image));
        return distance === 0 ? largest : Math.max(largest, euclideanNorm(difference(neighbour, map)) / distance);
      }, 0);
    });
  },
});
