import { imageGeometry, integerOption, sampleData, type MetricContext, type MetricSubject, type OptionSpecs, type Paper } from '@pellucid/core';
import { copyPixels, orderPixels, sumChannels } from '../pixels.ts';
import { makeSubstrate } from '../removal/substrate.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { evaluateVariants, sameForAll } from '../subject/variants.ts';
import { imageInformation } from './image-information.ts';
import { stepBoundaries } from './perturbation-curve.ts';

/** Options of performance information curves. */
export interface InformationCurveOptions {
  /** Number of images between the blurred one and the whole, in equal groups of pixels; at most one per pixel. @defaultValue 32 */
  readonly steps: number;
}

/** Describes them. */
export const informationCurveOptions: OptionSpecs<InformationCurveOptions> = {
  steps: integerOption(32, 1, 'Number of images between the blurred one and the whole, in equal groups of pixels.'),
};

/** The publication of performance information curves. */
export const XRAI: Paper = {
  authors: 'Kapishnikov, Bolukbasi, Viégas, Terry', year: 2019, title: 'XRAI: Better Attributions Through Regions', url: 'https://arxiv.org/abs/1906.02825',
};

/** Area over [0, 1] of what is achieved at most with so much information: points in the order of information, heights never falling. */
export function areaByInformation(information: readonly number[], performance: readonly number[]): number {
  const points = information.map((x, i) => ({ x, y: performance[i]! })).sort((a, b) => a.x - b.x || a.y - b.y);
  let [area, x, y] = [0, 0, 0];
  for (const point of points) {
    const next = Math.max(y, point.y);
    area += ((point.x - x) * (y + next)) / 2;
    [x, y] = [point.x, next];
  }
  // What lies between the last point and all information holds at least as much.
  return area + (1 - x) * y;
}

/**
 * The area under a performance information curve per sample: pixels of highest value come back onto the blurred image, and each image has an
 * information, (H - H_blurred) / (H_whole - H_blurred) clipped to 0 to 1, and a performance. NaN where the image holds no more information
 * than its blur, or the performance says so.
 */
export async function informationAreas(
  subject: MetricSubject, { steps }: InformationCurveOptions, context: MetricContext,
  measure: (logits: readonly Float32Array[], sample: number) => readonly number[] | undefined,
): Promise<Float64Array> {
  validateSubject(subject);
  const { input, model: { input: { layout } } } = subject;
  const geometry = imageGeometry(input.shape, layout);
  const blurred = makeSubstrate('blur', input, layout);
  const orders = sumChannels(subject.values, subject.layout).maps.map(orderPixels);
  const ends = stepBoundaries(orders[0]!.length, steps);
  const amounts = orders.map(() => new Array<number>(ends.length).fill(0));
  const answers = await evaluateVariants(subject, sameForAll(subject, ends.length), (sample, step, image) => {
    const values = sampleData(input, sample);
    copyPixels(sampleData(blurred, sample), image, orders[sample]!.subarray(ends[step]), geometry);
    const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
    amounts[sample]![step] = imageInformation(image, geometry, low, high);
  }, context);
  return Float64Array.from(answers, (logits, sample) => {
    const [own, performance] = [amounts[sample]!, measure(logits, sample)];
    const [least, most] = [own[0]!, own[own.length - 1]!];
    if (performance === undefined || most <= least) return NaN;
    return areaByInformation(own.map((amount) => Math.min(Math.max((amount - least) / (most - least), 0), 1)), performance);
  });
}
