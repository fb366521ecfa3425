import { argmax, integerOption, numberOption, sampleData, type MetricContext, type MetricSubject, type OptionSpecs, type Paper } from '@pellucid/core';
import { euclideanNorm } from '../statistics/norms.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { evaluateVariants, sameForAll } from '../subject/variants.ts';
import { noisyMaps, writeNoise, type Noise } from './noisy-maps.ts';

/** Options of the relative stabilities. */
export interface RelativeStabilityOptions {
  /** Standard deviation of the noise, in units of the input. @defaultValue 0.05 */
  readonly deviation: number;
  /** Number of random neighbours. @defaultValue 10 */
  readonly draws: number;
}

/** The publication that defines relative stability. */
export const AGARWAL: Paper = {
  authors: 'Agarwal, Johnson, Pawelczyk, Krishna, Saxena, Zitnik, Lakkaraju', year: 2022, title: 'Rethinking Stability for Attribution-based Explanations',
  url: 'https://arxiv.org/abs/2203.06877',
};

/** Describes the options. */
export const relativeStabilityOptions: OptionSpecs<RelativeStabilityOptions> = {
  deviation: numberOption(0.05, Number.MIN_VALUE, Number.MAX_VALUE, 'Standard deviation of the noise, in units of the input.'),
  draws: integerOption(10, 1, 'Number of random neighbours.'),
};

/** Keeps quotients finite: it stands in for values and distances that are smaller. */
const SMALLEST = 1e-6;

/** ||(b - a) / a||, values of a below the smallest in magnitude taken as that. */
export function relativeChange(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return euclideanNorm(Float64Array.from({ length: a.length }, (_, i) => (b[i]! - a[i]!) / Math.max(Math.abs(a[i]!), SMALLEST)));
}

/** How far a neighbour is from a sample: in the input, the logits, or a layer. */
export interface Measured {
  readonly noise: Noise;
  /** The noisy copy of a sample. */
  readonly image: (sample: number, draw: number) => Float32Array;
  readonly logits: readonly (readonly Float32Array[])[];
  /** The logits of the samples as they are. */
  readonly ownLogits: readonly Float32Array[];
}

/**
 * max over neighbours of the same predicted class of ||(a(x') - a(x)) / a(x)|| / distance: NaN where every neighbour has another class, and what is
 * not stable is the model.
 */
export async function relativeStability(
  subject: MetricSubject, metric: string, { deviation, draws }: RelativeStabilityOptions, context: MetricContext,
  measure: (measured: Measured) => Promise<(sample: number, draw: number) => number>,
): Promise<Float64Array> {
  validateSubject(subject);
  const noise: Noise = { metric, kind: 'normal', scale: deviation, draws };
  const maps = await noisyMaps(subject, noise, context);
  const write = writeNoise(subject, noise, context);
  // The last variant is the sample as it is.
  const logits = await evaluateVariants(subject, sameForAll(subject, draws + 1), (sample, draw, image) => {
    if (draw < draws) write(sample, draw, image);
  }, context);
  const ownLogits = logits.map((rows) => rows[draws]!);
  const image = (sample: number, draw: number): Float32Array => {
    const moved = sampleData(subject.input, sample).slice();
    write(sample, draw, moved);
    return moved;
  };
  const distance = await measure({ noise, image, logits, ownLogits });
  return Float64Array.from(maps, (neighbours, sample) => {
    const predicted = argmax(ownLogits[sample]!);
    const ratios = neighbours.flatMap((map, draw) => {
      if (argmax(logits[sample]![draw]!) !== predicted) return [];
      return [relativeChange(sampleData(subject.values, sample), map) / Math.max(distance(sample, draw), SMALLEST)];
    });
    return ratios.length === 0 ? NaN : Math.max(...ratios);
  });
}
