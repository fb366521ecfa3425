import { imageGeometry, integerOption, sampleData, type MetricContext, type MetricCurves, type MetricSubject, type OptionSpecs, type Paper } from '@pellucid/core';
import { copyPixels, orderPixels, sumChannels } from '../pixels.ts';
import { makeSubstrate } from '../removal/substrate.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { evaluateVariants, sameForAll } from '../subject/variants.ts';
import { imageInformation } from './image-information.ts';
import { equalPositions, resampleCurve, stepBoundaries } from './perturbation-curve.ts';

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

/** A curve of points in the order of information, heights never falling. */
interface InformationCurve {
  readonly information: readonly number[];
  readonly performance: readonly number[];
}

/** What is achieved at most with so much information, from none to all. */
export function curveByInformation(information: readonly number[], performance: readonly number[]): InformationCurve {
  const points = information.map((x, i) => ({ x, y: performance[i]! })).sort((a, b) => a.x - b.x || a.y - b.y);
  let best = 0;
  const heights = points.map(({ y }) => (best = Math.max(best, y)));
  // What lies between the last point and all information holds at least as much.
  return { information: [0, ...points.map(({ x }) => x), 1], performance: [0, ...heights, best] };
}

/** Area under such a curve by the trapezoid rule. */
export function areaByInformation({ information, performance }: InformationCurve): number {
  return information.reduce((area, x, i) => (i === 0 ? 0 : area + ((x - information[i - 1]!) * (performance[i]! + performance[i - 1]!)) / 2), 0);
}

/**
 * Performance information curves and the area under each: pixels of highest value come back onto the blurred image, and each image has an
 * information, (H - H_blurred) / (H_whole - H_blurred) clipped to 0 to 1, and a performance. NaN where the image holds no more information
 * than its blur, or the performance says so. Curves of samples, which have points of their own, are read off at equal steps.
 */
export async function informationCurves(
  subject: MetricSubject, { steps }: InformationCurveOptions, context: MetricContext,
  measure: (logits: readonly Float32Array[], sample: number) => readonly number[] | undefined,
): Promise<MetricCurves> {
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
  const own = answers.map((logits, sample): InformationCurve | undefined => {
    const [amount, performance] = [amounts[sample]!, measure(logits, sample)];
    const [least, most] = [amount[0]!, amount[amount.length - 1]!];
    if (performance === undefined || most <= least) return undefined;
    return curveByInformation(amount.map((value) => Math.min(Math.max((value - least) / (most - least), 0), 1)), performance);
  });
  const at = equalPositions(ends.length - 1);
  return {
    scores: Float64Array.from(own, (curve) => (curve === undefined ? NaN : areaByInformation(curve))),
    at,
    curves: own.map((curve) => (curve === undefined ? new Float64Array(at.length).fill(NaN) : resampleCurve(curve.information, curve.performance, at))),
  };
}
