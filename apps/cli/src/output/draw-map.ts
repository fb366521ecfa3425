import {
  batchSize, imageGeometry, isSpatial, resample, sliceBatch, type Explanation, type Interpolation, type Layout, type Tensor,
} from '@pellucid/core';
import { enlarge, heatMap, imagePixels, overlay, type Pixels } from '@pellucid/render';
import type { ReadInput } from '../inputs/input-source.ts';
import { averageCells } from './average-cells.ts';

/** Small arrays are enlarged to at least this many pixels on the shorter side. */
const SMALLEST_PICTURE = 448;
/** Percent of the mass of a signed map in full colour: pixel maps are heavy-tailed, and few extremes would hide all the rest. */
const OUTLIERS = 10;
/** A map is drawn in at most so many cells along its shorter side: single pixels of a photograph cannot be seen. */
const MOST_CELLS = 64;
/** How much of the contrast is left in a faded picture. */
const CONTRAST = 0.5;

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

/** The picture in pale grey, on which colours of either sign stand out. */
function fade({ width, height, data }: Pixels): Pixels {
  const faded = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const grey = 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
    const pale = 255 - CONTRAST * (255 - grey);
    faded.set([pale, pale, pale, 255], i);
  }
  return { width, height, data: faded };
}

/** The map in cells that can be seen, at the size of the picture. */
function enlargeMap(map: Tensor, layout: Layout, { height, width }: Pixels, interpolation: Interpolation): Tensor {
  const own = imageGeometry(map.shape, layout);
  const side = Math.ceil(Math.min(own.height, own.width) / MOST_CELLS);
  return resample(averageCells(map, layout, side), layout, height, width, interpolation);
}

/** Red for positive, blue for negative values, in squares over the faded picture. */
function drawSigned(map: Tensor, layout: Layout, picture: Pixels): Pixels {
  const enlarged = enlargeMap(map, layout, picture, 'nearest');
  return overlay(fade(picture), heatMap(enlarged, layout, 0, { sign: 'all', opacity: 'magnitude', outlierPercentile: OUTLIERS }), { alpha: 1 });
}

/** From blue for little to red for much, over the colours of the picture. */
function drawUnsigned(map: Tensor, layout: Layout, picture: Pixels): Pixels {
  const enlarged = enlargeMap(map, layout, picture, 'bilinear');
  return overlay(picture, heatMap(enlarged, layout, 0, { sign: 'positive', scale: 'turbo', opacity: 'magnitude' }), { alpha: 0.85 });
}

/** One sample's map over its picture; undefined where the map is not an image, as for a layer without height and width. */
export function drawMap({ values, provenance: { layout } }: Explanation, sample: number, picture: Pixels, isSigned: boolean): Pixels | undefined {
  if (!isSpatial(layout) || values.shape.length !== 4) return undefined;
  const map = sliceBatch(values, sample, sample + 1);
  return isSigned ? drawSigned(map, layout, picture) : drawUnsigned(map, layout, picture);
}

/** Whether any of the maps that were made together has a negative value: they all are drawn alike. */
export function hasSigns({ values }: Explanation): boolean {
  return values.data.some((value) => value < 0);
}
