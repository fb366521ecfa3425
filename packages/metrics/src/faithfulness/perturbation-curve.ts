import type { MetricContext, MetricCurves, MetricSubject } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { makeRemoval, type Substrate } from '../removal/removal.ts';
import { sameForAll, scoreVariants, type ScoredObjective } from '../subject/variants.ts';

/** How pixels go or come, one group after the other. */
export interface Perturbation {
  /** The first group that is replaced: from the highest values or from the lowest. */
  readonly first: 'highest' | 'lowest';
  /** Whether pixels are taken from the image, or put back where all were taken. */
  readonly towards: 'substrate' | 'image';
  readonly substrate: Substrate;
  /** Number of steps; every pixel is a step when there are fewer pixels. */
  readonly steps: number;
  readonly objective: ScoredObjective;
}

/** How many pixels are replaced at each point of the curve: from none to all. */
export function stepBoundaries(pixels: number, steps: number): number[] {
  const count = Math.min(steps, pixels);
  return Array.from({ length: count + 1 }, (_, step) => Math.round((step * pixels) / count));
}

/** Area under a curve over the unit interval by the trapezoid rule: (sum - (first + last) / 2) / (n - 1), as in RISE. */
export function areaUnderCurve(curve: Float64Array): number {
  const sum = curve.reduce((a, b) => a + b, 0);
  return (sum - (curve[0]! + curve[curve.length - 1]!) / 2) / (curve.length - 1);
}

/** Curves with the score that sums up each. */
export function summarise(at: readonly number[], curves: readonly Float64Array[], score: (curve: Float64Array) => number): MetricCurves {
  return { scores: Float64Array.from(curves, score), at, curves };
}

/** Equal steps from 0 to 1. */
export function equalPositions(steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, step) => step / steps);
}

/** The values of a piecewise linear curve at other positions; at a jump the later value, beyond the ends those of the ends. */
export function resampleCurve(from: readonly number[], values: ArrayLike<number>, at: readonly number[]): Float64Array {
  return Float64Array.from(at, (position) => {
    const next = from.findIndex((x) => x > position);
    if (next === 0) return values[0]!;
    if (next === -1) return values[from.length - 1]!;
    const [left, right] = [from[next - 1]!, from[next]!];
    return values[next - 1]! + ((values[next]! - values[next - 1]!) * (position - left)) / (right - left);
  });
}

/**
 * The score of the target while the pixels are replaced in the order of their map, for each sample: the curve from no pixel to all of them, over the share of pixels,
 * with the area under it.
 * All channels of a pixel change together; channels of a map are added up; equal values go in row-major order.
 */
export async function perturbationCurves(subject: MetricSubject, perturbation: Perturbation, context: MetricContext): Promise<MetricCurves> {
  const { first, towards, substrate, steps, objective } = perturbation;
  const orders = sumChannels(subject.values, subject.layout).maps.map((map) => orderPixels(first === 'highest' ? map : map.map((value) => -value)));
  const boundaries = stepBoundaries(orders[0]!.length, steps);
  const remove = makeRemoval(subject, substrate, context.seed);
  const curves = await scoreVariants(subject, sameForAll(subject, boundaries.length), (sample, step, image) => {
    const replaced = boundaries[step]!;
    remove(sample, towards === 'substrate' ? orders[sample]!.subarray(0, replaced) : orders[sample]!.subarray(replaced), image);
  }, objective, context);
  return summarise(boundaries.map((count) => count / orders[0]!.length), curves, areaUnderCurve);
}

/** The values of a sample's map at some pixels, added up. */
export function sumOver(map: Float64Array, pixels: Uint32Array): number {
  return pixels.reduce((sum, pixel) => sum + map[pixel]!, 0);
}
