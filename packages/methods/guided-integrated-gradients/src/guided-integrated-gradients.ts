import {
  baselineOption, batchSize, defineMethod, gradientAt, INPUT, integerOption, makeBaseline, numberOption, sampleData, scoreChange, selectObjective,
  zeros,
  type Baseline, type MethodFactory, type Tensor,
} from '@pellucid/core';
import { advancePath, startPath } from './guided-path.ts';

/** How the path is found. */
export interface GuidedIntegratedGradientsOptions {
  /** Steps of the path; the cost grows linearly. @defaultValue 200 */
  readonly steps: number;
  /** Where the path starts. @defaultValue 'zero' */
  readonly baseline: Baseline;
  /** Share of the features, those with the smallest gradients, that move at a time. @defaultValue 0.25 */
  readonly fraction: number;
  /** How far a feature may be from the straight path, as a share of it: 0 is integrated gradients, 1 any path. @defaultValue 0.02 */
  readonly maxDistance: number;
}

/**
 * Guided integrated gradients: the gradient integrated along a path that takes the features with small gradients first, so that it stays away from
 * steep places that have nothing to do with the difference. In the input's shape; sums to f(x) - f(baseline) up to the steps.
 * @see {@link https://arxiv.org/abs/2106.09788 | Kapishnikov et al. 2021}, algorithm 1
 */
export const guidedIntegratedGradients: MethodFactory<'gradient', GuidedIntegratedGradientsOptions> = defineMethod({
  name: 'guided-integrated-gradients',
  title: 'Guided integrated gradients',
  paper: {
    authors: 'Kapishnikov, Venugopalan, Avci, Wedin, Terry, Bolukbasi',
    year: 2021,
    title: 'Guided Integrated Gradients: An Adaptive Path Method for Removing Noise',
    url: 'https://arxiv.org/abs/2106.09788',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    steps: integerOption(200, 1, 'Steps of the path; the cost grows linearly.'),
    baseline: baselineOption('zero', 'Where the path starts: what stands for an absent image.'),
    fraction: numberOption(0.25, 0, 1, 'Share of the features, those with the smallest gradients, that move at a time.'),
    maxDistance: numberOption(0.02, 0, 1, 'How far a feature may be from the straight path, as a share of it: 0 is integrated gradients, 1 any path.'),
  },
  async explain(model, batch, { baseline: start, ...settings }, context) {
    const { input, objective } = batch;
    const samples = batchSize(input);
    const baseline = makeBaseline(start, batch, context);
    const values = zeros(input.shape);

    for (let first = 0; first < samples; first += context.chunkSize) {
      const places = Array.from({ length: Math.min(context.chunkSize, samples - first) }, (_, i) => first + i);
      const paths = places.map((sample) => startPath(sampleData(baseline, sample), sampleData(input, sample)));
      const of = selectObjective(objective, places);
      for (let step = 0; step < settings.steps; step++) {
        const positions: Tensor = zeros([places.length, ...input.shape.slice(1)]);
        paths.forEach(({ position }, i) => { sampleData(positions, i).set(position); });
        const gradients = gradientAt(await model.evaluate({ input: positions, gradient: { of, at: [INPUT] } }), INPUT);
        paths.forEach((path, i) => { advancePath(path, sampleData(gradients, i), step, settings); });
        context.progress(first * settings.steps + (step + 1) * places.length, samples * settings.steps);
      }
      paths.forEach(({ map }, i) => { sampleData(values, first + i).set(map); });
    }
    const change = await scoreChange(model, batch, { input: baseline });
    const convergenceDelta = Array.from(change, (value, sample) => sampleData(values, sample).reduce((a, b) => a + b, 0) - value);
    return { values, convergenceDelta };
  },
});
