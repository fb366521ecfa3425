import { defineMetric, integerOption, numberOption, type MetricFactory } from '@pellucid/core';
import { substrateOption, type Substrate } from '../removal/removal.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import type { ScoredObjective } from '../subject/variants.ts';
import { objectiveOption } from './options.ts';
import { subsetCorrelation } from './subset-correlation.ts';

/** Options of sensitivity-n. */
export interface SensitivityNOptions {
  /** n as a share of the pixels, rounded, at least one pixel. @defaultValue 0.1 */
  readonly share: number;
  /** Number of random subsets. @defaultValue 100 */
  readonly subsets: number;
  /** What a pixel that is taken away holds. @defaultValue 'zero' */
  readonly substrate: Substrate;
  /** @defaultValue 'logit' */
  readonly objective: ScoredObjective;
}

/**
 * Sensitivity-n: Pearson_S(sum_{i in S} a_i, f(x) - f(x without S)) over random subsets S of n pixels, for each sample by itself, as in the
 * paper. Higher is better, -1 to 1; 0 for a constant map. One forward pass per subset and one more.
 * @see {@link https://arxiv.org/abs/1711.06104 | Ancona et al. 2018}, section 4
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const sensitivityN: MetricFactory<SensitivityNOptions> = defineMetric<SensitivityNOptions>({
  name: 'sensitivity-n',
  title: 'Sensitivity-n',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Pearson over random sets *S* of *n* pixels of (Σ_{i∈S} a_i, f(x) − f(x without S)), per sample; 0 for constant maps.',
  range: [-1, 1],
  cost: '`subsets` + 1 forward passes.',
  limits: 'Scattered pixels are a kind of noise that networks often ignore: correlations of good maps are low too.',
  paper: {
    authors: 'Ancona, Ceolini, Öztireli, Gross', year: 2018,
    title: 'Towards better understanding of gradient-based attribution methods for Deep Neural Networks', url: 'https://arxiv.org/abs/1711.06104',
  },
  needsMask: false,
  options: {
    share: numberOption(0.1, 0, 1, 'n as a share of the pixels, at least one pixel.'),
    subsets: integerOption(100, 2, 'Number of random subsets.'),
    substrate: substrateOption('zero'),
    objective: objectiveOption('logit'),
  },
  score: async (subject, { share, ...options }, context) => {
    validateSubject(subject);
    return subsetCorrelation(subject, { name: 'sensitivity-n', size: (pixels) => Math.max(Math.round(share * pixels), 1), ...options }, context);
  },
});
