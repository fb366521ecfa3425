import { topPixels, type PixelImportance } from '@pellucid/metrics';
import { mean, sampleRankCorrelation } from 'simple-statistics';

/** How much the maps of equal trainings differ. */
export interface Variation {
  /** The root of the mean variance of a pixel's share of the whole map, over the mean share: 0 for equal maps. */
  readonly relativeDeviation: number;
  /** Mean rank correlation of two maps, over all pairs. */
  readonly rankCorrelation: number;
  /** Mean share of the highest tenth of the pixels that two maps have in common, over all pairs. */
  readonly sharedTop: number;
}

/** The share of each pixel in a map. */
function shares({ values }: PixelImportance): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return total === 0 ? values.map(() => 1 / values.length) : values.map((value) => value / total);
}

/** The variance of each pixel over maps, without bias, averaged over pixels. */
function meanVariance(maps: readonly Float64Array[], pixels: number): number {
  let sum = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const centre = mean(maps.map((map) => map[pixel]!));
    sum += maps.reduce((total, map) => total + (map[pixel]! - centre) ** 2, 0) / (maps.length - 1);
  }
  return sum / pixels;
}

/** How much maps differ: at least two of one size. */
export function variationOf(importances: readonly PixelImportance[]): Variation {
  const maps = importances.map(shares);
  const pixels = maps[0]?.length ?? 0;
  const tops = importances.map((importance) => topPixels(importance, 10).kept);
  const pairs = maps.flatMap((_, i) => maps.slice(i + 1).map((__, j) => [i, i + 1 + j] as const));
  const both = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, kept, pixel) => sum + kept * b[pixel]!, 0) / a.reduce((sum, kept) => sum + kept, 0);
  return {
    relativeDeviation: Math.sqrt(meanVariance(maps, pixels)) * pixels,
    rankCorrelation: mean(pairs.map(([a, b]) => sampleRankCorrelation([...maps[a]!], [...maps[b]!]))),
    sharedTop: mean(pairs.map(([a, b]) => both(tops[a]!, tops[b]!))),
  };
}
