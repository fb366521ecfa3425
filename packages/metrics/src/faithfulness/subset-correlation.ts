import { batchSize, type MetricContext, type MetricSubject } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { makeRemoval, type Substrate } from '../removal/removal.ts';
import { pearson } from '../statistics/correlation.ts';
import { sampleStream } from '../subject/sample-stream.ts';
import { scoreVariants, type ScoredObjective } from '../subject/variants.ts';
import { sumOver } from './perturbation-curve.ts';

/** Random sets of pixels to take away. */
export interface SubsetSettings {
  readonly name: string;
  readonly size: (pixels: number) => number;
  readonly subsets: number;
  readonly substrate: Substrate;
  readonly objective: ScoredObjective;
}

/**
 * Pearson's correlation, over random sets S of pixels, of the map's sum on S with the fall of the target's score when S is taken away: for
 * each sample by itself. 0 for a constant map or model.
 */
export async function subsetCorrelation(subject: MetricSubject, settings: SubsetSettings, context: MetricContext): Promise<Float64Array> {
  const { name, subsets, substrate, objective } = settings;
  const { maps } = sumChannels(subject.values, subject.layout);
  const drawn = maps.map((map, sample) => {
    const stream = sampleStream(subject, sample, context.seed, name);
    return Array.from({ length: subsets }, () => Uint32Array.from(stream.permutation(map.length).slice(0, settings.size(map.length))));
  });
  const remove = makeRemoval(subject, substrate, context.seed);
  // The last variant is the sample as it is.
  const counts = new Array<number>(batchSize(subject.input)).fill(subsets + 1);
  const scores = await scoreVariants(subject, counts, (sample, variant, image) => {
    const pixels = drawn[sample]![variant];
    if (pixels !== undefined) remove(sample, pixels, image);
  }, objective, context);
  return Float64Array.from(scores, (row, sample) => {
    const sums = Float64Array.from(drawn[sample]!, (pixels) => sumOver(maps[sample]!, pixels));
    return pearson(sums, row.subarray(0, subsets).map((score) => row[subsets]! - score));
  });
}
