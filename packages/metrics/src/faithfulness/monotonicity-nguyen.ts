import { batchSize, defineMetric, fillByChannel, imageGeometry, integerOption, sampleData, type MetricFactory } from '@pellucid/core';
import { copyPixels } from '../pixels.ts';
import { spearman } from '../statistics/correlation.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { objectiveOption, stepsOption } from './options.ts';
import { groupPixels } from './pixel-groups.ts';

/** Options of monotonicity after Nguyen. */
export interface MonotonicityNguyenOptions {
  /** Number of equal groups of pixels; at most one per pixel. @defaultValue 32 */
  readonly steps: number;
  /** Random images per group. @defaultValue 10 */
  readonly draws: number;
  /** @defaultValue 'probability' */
  readonly objective: ScoredObjective;
}

/**
 * Monotonicity after Nguyen: with the pixels in equal groups G_k by magnitude, Spearman_k(sum_{i in G_k} |a_i|, E[(f(x) - f(x with G_k drawn
 * anew))^2]), values drawn uniformly between the sample's lowest and highest. The published factor 1 / f(x)^2 is the same for all groups
 * and leaves the ranks alone. Higher is better, -1 to 1; 0 for a constant map. steps x draws + 1 forward passes per sample.
 * @see {@link https://arxiv.org/abs/2007.07584 | Nguyen and Martínez 2020}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const monotonicityNguyen: MetricFactory<MonotonicityNguyenOptions> = defineMetric<MonotonicityNguyenOptions>({
  name: 'monotonicity-nguyen',
  title: 'Monotonicity (Nguyen)',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Groups *G_k* by magnitude; Spearman over *k* of (Σ_{i∈G_k} abs(a_i), E[(f(x) − f(x with G_k drawn anew))²]); 0 for constant maps.',
  range: [-1, 1],
  cost: '`steps` × `draws` + 1 forward passes.',
  limits: 'Signs. Ranks alone count, not how much a group matters.',
  paper: { authors: 'Nguyen, Martínez', year: 2020, title: 'On quantitative aspects of model interpretability', url: 'https://arxiv.org/abs/2007.07584' },
  needsMask: false,
  options: { steps: stepsOption(), draws: integerOption(10, 1, 'Random images per group.'), objective: objectiveOption('probability') },
  score: async (subject, { steps, draws, objective }, context) => {
    validateSubject(subject);
    const { input, model: { input: { layout } } } = subject;
    const geometry = imageGeometry(input.shape, layout);
    const ordered = groupPixels(subject, steps, 'lowest-magnitude');
    const count = ordered[0]!.groups.length;
    const ranges = Array.from({ length: batchSize(input) }, (_, sample) => {
      const values = sampleData(input, sample);
      return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)] as const;
    });
    const drawn = new Float32Array(sampleData(input, 0).length);
    const scores = await scoreVariants(subject, ordered.map(() => count * draws + 1), (sample, variant, image) => {
      if (variant === count * draws) return;
      const [low, high] = ranges[sample]!;
      const { uniform } = sampleStream(subject, sample, context.seed, 'monotonicity-nguyen', String(variant));
      fillByChannel(drawn, input.shape, layout, () => low + (high - low) * uniform());
      copyPixels(drawn, image, ordered[sample]!.groups[Math.floor(variant / draws)]!, geometry);
    }, objective, context);
    return Float64Array.from(scores, (row, sample) => {
      const whole = row[count * draws]!;
      const changes = Float64Array.from({ length: count }, (_, k) =>
        row.subarray(k * draws, (k + 1) * draws).reduce((sum, value) => sum + (whole - value) ** 2, 0) / draws);
      return spearman(ordered[sample]!.sums, changes);
    });
  },
});
