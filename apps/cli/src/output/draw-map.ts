import { batchSize, imageGeometry, isSpatial, resample, sampleData, sliceBatch, type Explanation, type Layout } from '@pellucid/core';
import { enlarge, heatMap, imagePixels, overlay, type HeatMapOptions, type Pixels } from '@pellucid/render';
import type { ReadInput } from '../inputs/input-source.ts';

/** Small arrays are enlarged to at least this many pixels on the shorter side. */
const SMALLEST_PICTURE = 448;

/** The first samples of an input as pictures; none where the model does not take images. */
export function drawInput({ values, picture }: ReadInput, layout: Layout, most: number): Pixels[] {
  if (!isSpatial(layout)) return [];
  const { channels } = imageGeometry(values.shape, layout);
  if (channels !== 1 && channels !== 3) return [];
  return Array.from({ length: Math.min(most, batchSize(values)) }, (_, sample) =>
    picture === null
      ? enlarge(imagePixels(values, layout, sample), SMALLEST_PICTURE)
      : imagePixels(picture, layout, sample, { min: 0, max: 255 }),
  );
}

/** Maps without negative values have a scale from nothing to much; others one for each sign. */
function styleOf(values: Float32Array): HeatMapOptions {
  return values.some((value) => value < 0) ? { sign: 'all', opacity: 'magnitude' } : { sign: 'positive', scale: 'turbo', opacity: 'magnitude' };
}

/** One sample's map over its picture; undefined where the map is not an image, as for a layer without height and width. */
export function drawMap({ values, provenance: { layout } }: Explanation, sample: number, picture: Pixels): Pixels | undefined {
  if (!isSpatial(layout) || values.shape.length !== 4) return undefined;
  const map = sliceBatch(values, sample, sample + 1);
  const resized = resample(map, layout, picture.height, picture.width, 'bilinear');
  return overlay(picture, heatMap(resized, layout, 0, styleOf(sampleData(values, sample))), { alpha: 0.85 });
}
