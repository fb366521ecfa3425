import type { MetricSubject } from '@pellucid/core';
import { orderPixels, sumChannels } from '../pixels.ts';
import { stepBoundaries, sumOver } from './perturbation-curve.ts';

/** Equal groups of pixels in the order of their values, with the sum of each. */
export interface PixelGroups {
  readonly groups: readonly Uint32Array[];
  readonly sums: Float64Array;
  /** All pixels in the order of the groups. */
  readonly pixels: Uint32Array;
}

/** Cuts every sample's pixels into groups: from the highest values, or from the lowest magnitudes. Equal pixels go in row-major order. */
export function groupPixels({ values, layout }: MetricSubject, steps: number, from: 'highest' | 'lowest-magnitude'): PixelGroups[] {
  return sumChannels(values, layout).maps.map((signed) => {
    const map = from === 'highest' ? signed : signed.map(Math.abs);
    const pixels = orderPixels(from === 'highest' ? map : map.map((value) => -value));
    const ends = stepBoundaries(map.length, steps);
    const groups = ends.slice(1).map((end, k) => pixels.subarray(ends[k], end));
    return { groups, sums: Float64Array.from(groups, (group) => sumOver(map, group)), pixels };
  });
}
