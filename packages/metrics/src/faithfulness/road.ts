import { defineMetric, type MetricContext, type MetricCurves, type MetricFactory, type MetricSubject, type OptionSpec } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval } from '../removal/removal.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { scoreVariants } from '../subject/variants.ts';
import { orderOption, turnFalls, type RemovalOrder, type SingleOrder } from './removal-order.ts';

/** Options of ROAD. */
export interface RoadOptions {
  /** Shares of pixels that are imputed, in percent. @defaultValue [10, 20, 30, 40, 50, 60, 70, 80, 90] */
  readonly percents: readonly number[];
  /** Most relevant first (`morf`), least relevant first (`lerf`), half the sum of both scores, or `random` as a control. @defaultValue 'combined' */
  readonly order: RemovalOrder;
}

const percentsOption: OptionSpec<readonly number[]> = {
  type: 'numbers above 0, at most 100',
  description: 'Shares of pixels that are imputed, in percent.',
  default: [10, 20, 30, 40, 50, 60, 70, 80, 90],
  accepts: (value): value is readonly number[] =>
    Array.isArray(value) && value.length > 0 && value.every((percent) => typeof percent === 'number' && percent > 0 && percent <= 100),
};

/** The falls of the target's probability over the shares, per sample, with their mean. Exactly the share goes, whatever the ties. */
async function falls(subject: MetricSubject, order: SingleOrder, percents: readonly number[], context: MetricContext): Promise<MetricCurves> {
  const orders = sumChannels(subject.values, subject.layout).maps.map((map, sample) => {
    if (order === 'random') return Uint32Array.from(sampleStream(subject, sample, context.seed, 'road').permutation(map.length));
    return orderPixels(order === 'morf' ? map : map.map((value) => -value));
  });
  const remove = makeRemoval(subject, 'noisy-linear', context.seed);
  const scores = await scoreVariants(subject, orders.map(() => percents.length + 1), (sample, variant, image) => {
    const pixels = orders[sample]!;
    remove(sample, pixels.subarray(0, Math.round(((percents[variant] ?? 0) * pixels.length) / 100)), image);
  }, 'probability', context);
  const fallen = scores.map((row) => row.subarray(0, percents.length).map((value) => row[percents.length]! - value));
  const rising = [...percents.keys()].sort((a, b) => percents[a]! - percents[b]!);
  return {
    scores: Float64Array.from(fallen, (row) => row.reduce((sum, fall) => sum + fall, 0) / percents.length),
    // The whole image stands in front.
    at: [0, ...rising.map((i) => percents[i]! / 100)],
    curves: fallen.map((row) => Float64Array.of(0, ...rising.map((i) => row[i]!))),
  };
}

/**
 * ROAD: the mean fall of the target's probability when shares of the pixels are imputed from their neighbours with a little noise, highest
 * values first (`morf`); `lerf` takes the lowest first and gives the negative fall; `combined` is (p_LeRF - p_MoRF) / 2. `random` is the fall for a random
 * order. Higher is better, -1 to 1. A forward pass per share and order, one more per order, and a sparse linear system per
 * share and channel.
 * @see {@link https://arxiv.org/abs/2202.00449 | Rong et al. 2022}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const road: MetricFactory<RoadOptions> = defineMetric<RoadOptions>({
  name: 'road',
  title: 'ROAD',
  category: 'faithfulness',
  direction: 'higher',
  equation: 'Shares of pixels are imputed: each the weighted mean of its neighbours (1/6 direct, 1/12 across corners; a sparse system, conjugate gradients), plus noise of 1 % of the sample\'s standard deviation. Mean over the shares of p_0 − p_MoRF; `combined` is (p_LeRF − p_MoRF)/2; `order` as in region perturbation. Exactly the share goes, whatever the ties.',
  range: [-1, 1],
  cost: 'A forward pass per share and order, one more per order, and the systems.',
  limits: 'Imputation keeps what neighbours tell: evidence that is smooth cannot be removed.',
  paper: {
    authors: 'Rong, Leemann, Borisov, Kasneci, Kasneci', year: 2022,
    title: 'A Consistent and Efficient Evaluation Strategy for Attribution Methods', url: 'https://arxiv.org/abs/2202.00449',
  },
  needsMask: false,
  curve: { horizontal: 'share of pixels imputed', vertical: 'fall of the probability of the target, turned so that higher is better' },
  options: { percents: percentsOption, order: orderOption('combined') },
  curves: (subject, { percents, order }, context) => {
    validateSubject(subject);
    return turnFalls(order, (single) => falls(subject, single, percents, context));
  },
});
