import {
  batchSize, imageGeometry, isSpatial, resample, sliceBatch, type Explanation, type Interpolation, type Layout, type Tensor,
} from '@pellucid/core';
import {
  colourField, contourLines, describe, enlarge, greyscale, heatMap, imagePixels, normaliseMap, overlay, visualise,
  type Panel, type Pixels, type ScaleName, type Sign, type View,
} from '@pellucid/render';
import type { ReadInput } from '../inputs/input-source.ts';
import { averageCells } from './average-cells.ts';

/** How maps are drawn, as far as the user says. */
export interface DrawingRequest {
  /** `overlay` is ours, the others are Captum's. */
  readonly view: View | 'overlay';
  readonly sign?: Sign | undefined;
  /** Percent of the mass in full colour. */
  readonly outliers?: number | undefined;
  readonly scale?: ScaleName | undefined;
  /** The value of full colour, for maps that are to be compared. */
  readonly range?: number | undefined;
  readonly contours?: boolean | undefined;
}

/** A map over its picture, with what its colours mean. */
export type DrawnPicture = Panel & { readonly alternativeText: string };

/** What is to be known of a method's maps to draw them alike. */
export interface MapKind {
  /** Whether any has a negative value. */
  readonly isSigned: boolean;
  /** Whether their three channels are red, green and blue, as PRISM's. */
  readonly isColourField: boolean;
}

/** Small arrays are enlarged to at least this many pixels on the shorter side. */
const SMALLEST_PICTURE = 448;
/** Percent of the mass of a signed map in full colour: pixel maps are heavy-tailed, and few extremes would hide all the rest. */
const OUTLIERS = 10;
/** A map is drawn in at most so many cells along its shorter side: single pixels of a photograph cannot be seen. */
const MOST_CELLS = 64;
/** How much of the contrast is left in a faded picture. */
const CONTRAST = 0.5;
/** How much of the picture the strongest values of an unsigned map cover. */
const COVER = 0.85;

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

/** The map in cells that can be seen. */
function inCells(map: Tensor, layout: Layout): Tensor {
  const { height, width } = imageGeometry(map.shape, layout);
  return averageCells(map, layout, Math.ceil(Math.min(height, width) / MOST_CELLS));
}

/** Colours as they are, bright where the picture is. */
function drawColourField(map: Tensor, layout: Layout, { height, width }: Pixels): DrawnPicture {
  const enlarged = resample(map, layout, height, width, 'bilinear');
  const geometry = imageGeometry(map.shape, layout);
  const alternativeText = `Colour field of ${geometry.height} x ${geometry.width} values: places of one colour look alike to the network.`;
  return { picture: colourField(enlarged, layout, 0), alternativeText };
}

/** The value of full colour of a map over its picture: what a picture and its legend agree on. */
export function rangeOf(map: Tensor, layout: Layout, kind: MapKind, request: DrawingRequest): number {
  return request.range ?? normaliseMap(inCells(map, layout), layout, 0, { sign: signOf(kind, request), outlierPercentile: outliersOf(kind, request) }).range;
}

const isOverlay = ({ view }: DrawingRequest): boolean => view === 'overlay';

function signOf({ isSigned }: MapKind, { view, sign }: DrawingRequest): Sign {
  if (sign !== undefined) return sign;
  return isSigned && view !== 'masked-image' && view !== 'alpha-scaling' ? 'all' : 'positive';
}

const outliersOf = ({ isSigned }: MapKind, { outliers }: DrawingRequest): number => outliers ?? (isSigned ? OUTLIERS : 2);

/** One map over its picture as asked for; `values` hold that map alone. */
export function drawMap(values: Tensor, layout: Layout, picture: Pixels, kind: MapKind, request: DrawingRequest): DrawnPicture {
  if (kind.isColourField) return drawColourField(values, layout, picture);
  const sign = signOf(kind, request);
  const cells = inCells(values, layout);
  const range = rangeOf(values, layout, kind, request);
  const scale: ScaleName = request.scale ?? (sign === 'all' ? 'RdBu' : 'inferno');
  const drawing = { sign, scale, range };
  const enlargeTo = (interpolation: Interpolation): Tensor => resample(cells, layout, picture.height, picture.width, interpolation);
  const enlarged = enlargeTo(sign === 'all' ? 'nearest' : 'bilinear');
  const drawn = isOverlay(request)
    ? overlay(sign === 'all' ? greyscale(picture, { contrast: CONTRAST }) : picture, heatMap(enlarged, layout, 0, { ...drawing, opacity: 'magnitude' }), { alpha: sign === 'all' ? 1 : COVER })
    : visualise(picture, enlarged, layout, 0, { view: request.view === 'overlay' ? undefined : request.view, ...drawing });
  const isColoured = request.view !== 'original' && request.view !== 'masked-image' && request.view !== 'alpha-scaling';
  return {
    picture: drawn,
    ...(request.contours === true && { contours: contourLines(enlargeTo('bilinear'), layout, 0, drawing) }),
    ...(isColoured && { legend: { scale, range, cut: normaliseMap(cells, layout, 0, { sign, outlierPercentile: 0 }).range > range } }),
    alternativeText: describe(values, layout, 0, drawing),
  };
}

/** The map of one sample; undefined where it is not an image, as for a layer without height and width. */
export function sampleMap({ values, provenance: { layout } }: Explanation, sample: number): Tensor | undefined {
  return isSpatial(layout) && values.shape.length === 4 ? sliceBatch(values, sample, sample + 1) : undefined;
}

/** Whether any of the maps that were made together has a negative value: they all are drawn alike. */
export function hasSigns({ values }: Explanation): boolean {
  return values.data.some((value) => value < 0);
}
