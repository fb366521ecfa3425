import { integerOption, type CurveAxes, type MetricDescription, type OptionSpec, type OptionSpecs, type Paper } from '@pellucid/core';

/** Options of both curves. */
export interface RetrainingCurveOptions {
  /** Shares of the pixels of each image that ROAR replaces and KAR keeps, in percent, growing. @defaultValue [10, 30, 50, 70, 90] */
  readonly percents: readonly number[];
  /** Networks that are trained from scratch for each share, each with a seed of its own. @defaultValue 3 */
  readonly retrainings: number;
}

const percentsOption: OptionSpec<readonly number[]> = {
  type: 'growing numbers above 0 and below 100',
  description: 'Shares of the pixels of each image that ROAR replaces and KAR keeps, in percent.',
  default: [10, 30, 50, 70, 90],
  accepts: (value): value is readonly number[] =>
    Array.isArray(value) && value.length > 0 &&
    value.every((percent: unknown, i) => typeof percent === 'number' && percent > (i === 0 ? 0 : Number(value[i - 1])) && percent < 100),
};

const options: OptionSpecs<RetrainingCurveOptions> = {
  percents: percentsOption,
  retrainings: integerOption(3, 1, 'Networks that are trained from scratch for each share, each with a seed of its own.'),
};

const HOOKER: Paper = {
  authors: 'Hooker, Erhan, Kindermans, Kim', year: 2019, title: 'A Benchmark for Interpretability Methods in Deep Neural Networks', url: 'https://arxiv.org/abs/1806.10758',
};

/** What is known of ROAR and KAR, which are no functions of one map, and so not made by `defineMetric`. */
export interface RetrainingCurveDescription extends MetricDescription {
  readonly category: 'retraining';
  readonly curve: CurveAxes;
  readonly options: OptionSpecs<RetrainingCurveOptions>;
}

const SHARED: Pick<RetrainingCurveDescription, 'category' | 'range' | 'needsMask' | 'paper' | 'options'> = { category: 'retraining', range: [0, 100], needsMask: false, paper: HOOKER, options };
const COST = 'The maps of all training and test images, and a training per share and retraining; the trainings on whole images serve all methods.';
const LIMITS = 'Whether the network under test uses those pixels: it is never run on the changed images. Pixels that say the same can stand in for each other, so that a right map ' +
  'changes little; and the shape of what was replaced can itself tell the class (Rong et al. 2022, [A Consistent and Efficient Evaluation Strategy for Attribution ' +
  'Methods](https://arxiv.org/abs/2202.00449)): compare with the controls, above all `random`. Scores are means over the retrainings; how far trainings scatter stands in the interval ' +
  'of the curve (Student\'s t over the retrainings), not in that of the score.';

/** Remove and retrain. */
export const roarDescription: RetrainingCurveDescription = {
  ...SHARED, name: 'roar', title: 'ROAR (remove and retrain)', direction: 'lower', cost: COST, limits: LIMITS,
  equation: 'In every training **and** test image the *p* % of pixels with the greatest Σ_channels |a| take the mean of their channel over the training images; a network is trained from ' +
    'scratch on them. The score of a test image is the area under its curve over *p*: 100 where the network is right, 0 where it is not, from the whole image on, by the trapezoid rule, ' +
    'divided by the greatest share; the mean over images is that of the accuracy.',
  curve: { horizontal: 'share of pixels replaced', vertical: 'accuracy of a network trained on what is left, %' },
};

/** Keep and retrain. */
export const karDescription: RetrainingCurveDescription = {
  ...SHARED, name: 'kar', title: 'KAR (keep and retrain)', direction: 'higher', cost: COST, limits: LIMITS,
  equation: 'As `roar`, but the top *p* % of pixels stay and all others are replaced; the curve ends at the whole image, and the area is divided by what the least share leaves to 1.',
  curve: { horizontal: 'share of pixels kept', vertical: 'accuracy of a network trained on what is left, %' },
};
