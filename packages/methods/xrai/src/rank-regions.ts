import type { Region } from './segmentation/regions.ts';

/** What regions are ranked by. */
export interface Ranking {
  /** A value per pixel. */
  readonly attribution: Float64Array;
  readonly regions: readonly Region[];
  /** A region that would add fewer pixels is left out. */
  readonly leastPixels: number;
}

/** A map in the making. */
interface Canvas {
  readonly attribution: Float64Array;
  readonly values: Float64Array;
  readonly isCovered: Uint8Array;
}

const blank = (attribution: Float64Array): Canvas =>
  ({ attribution, values: new Float64Array(attribution.length), isCovered: new Uint8Array(attribution.length) });

function meanOver(attribution: Float64Array, pixels: Int32Array): number {
  let sum = 0;
  for (const p of pixels) sum += attribution[p]!;
  return sum / pixels.length;
}

/** Writes the mean attribution of some pixels to all of them. */
function cover({ attribution, values, isCovered }: Canvas, pixels: Int32Array): void {
  const mean = meanOver(attribution, pixels);
  for (const p of pixels) {
    values[p] = mean;
    isCovered[p] = 1;
  }
}

const uncovered = (region: Int32Array, { isCovered }: Canvas): Int32Array => region.filter((p) => isCovered[p] === 0);

/** What no region was chosen for shares its mean, so that the map sums to the attribution. */
function finish(canvas: Canvas): Float64Array {
  const rest = uncovered(Int32Array.from(canvas.values, (_, p) => p), canvas);
  if (rest.length > 0) cover(canvas, rest);
  return canvas.values;
}

/** The regions that each pixel belongs to: `members` from `starts[p]` up to `starts[p + 1]`. */
function regionsOfPixels(regions: readonly Region[], pixels: number): { readonly starts: Int32Array; readonly members: Int32Array } {
  const starts = new Int32Array(pixels + 1);
  for (const region of regions) for (const p of region) starts[p + 1]! += 1;
  for (let p = 0; p < pixels; p++) starts[p + 1]! += starts[p]!;
  const members = new Int32Array(starts[pixels]!);
  const next = starts.slice();
  regions.forEach((region, r) => {
    for (const p of region) members[next[p]!++] = r;
  });
  return { starts, members };
}

/**
 * XRAI's greedy choice: of all regions always the one whose pixels that are not yet covered have the greatest mean, until more than a share
 * of the image is covered. Every pixel gets the mean that its region had when it was chosen.
 */
export function rankFull({ attribution, regions, leastPixels }: Ranking, areaThreshold: number): Float64Array {
  const canvas = blank(attribution);
  const { starts, members } = regionsOfPixels(regions, attribution.length);
  const counts = Int32Array.from(regions, (region) => region.length);
  const sums = Float64Array.from(regions, (region) => meanOver(attribution, region) * region.length);
  let covered = 0;
  while (covered <= areaThreshold * attribution.length) {
    let best = -1;
    for (let r = 0; r < regions.length; r++) {
      if (counts[r]! < leastPixels) continue;
      if (best < 0 || sums[r]! / counts[r]! > sums[best]! / counts[best]!) best = r;
    }
    if (best < 0) break;
    const pixels = uncovered(regions[best]!, canvas);
    cover(canvas, pixels);
    covered += pixels.length;
    for (const p of pixels) {
      for (let i = starts[p]!; i < starts[p + 1]!; i++) {
        const r = members[i]!;
        counts[r]! -= 1;
        sums[r]! -= attribution[p]!;
      }
    }
  }
  return finish(canvas);
}

/** XRAI's fast choice: all regions once, by their mean over all of their pixels; each gets the mean of what it adds. */
export function rankFast({ attribution, regions, leastPixels }: Ranking): Float64Array {
  const canvas = blank(attribution);
  const ranked = regions
    .map((region) => ({ region, mean: meanOver(attribution, region) }))
    .toSorted((a, b) => b.mean - a.mean);
  for (const { region } of ranked) {
    const pixels = uncovered(region, canvas);
    if (pixels.length >= leastPixels) cover(canvas, pixels);
  }
  return finish(canvas);
}
