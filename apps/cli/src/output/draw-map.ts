import {
  batchSize, imageGeometry, isSpatial, resample, sliceBatch, type Explanation, type Interpolation, type Layout, type Tensor,
} from '@pellucid/core';
import {
  areFarFromZero, colourField, contourLines, describe, enlarge, farEnds, greyscale, heatMap, imagePixels, isCut, normaliseMap, overlay, visualise,
  type ColourEnds, type MapSample, type Panel, type Pixels, type ScaleName, type Sign, type View,
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
  /** The value of no colour, together with `range`. */
  readonly low?: number | undefined;
  readonly contours?: boolean | undefined;
}

/** A map over its picture, with what its colours mean. */
export type DrawnPicture = Panel & { readonly alternativeText: string };

/** What is to be known of a method's maps to draw them alike. */
export interface MapKind {
  /** Whether any has a negative value. */
  readonly isSigned: boolean;
  /** Whether most are so far from zero that colours from zero on would be one flat colour, as RISE's. */
  readonly isFarFromZero: boolean;
  /** Whether their three channels are red, green and blue, as PRISM's. */
  readonly isColourField: boolean;
  /** Whether a layer gave them: they are coarse, and drawn smooth. */
  readonly isOfLayer: boolean;
}

/** Small arrays are enlarged to at least this many pixels on the shorter side. */
const SMALLEST_PICTURE = 448;
/** Percent of the mass of a signed map in full colour: pixel maps are heavy-tailed, and few extremes would hide all the rest. */
const OUTLIERS = 10;
/** The same of other maps, which are smoother. */
const FEW_OUTLIERS = 2;
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

const cellsOf = (maps: readonly Tensor[], layout: Layout): MapSample[] => maps.map((map) => ({ values: inCells(map, layout), layout, sample: 0 }));

/** Whether colours of maps that were made together do not begin at zero: they all are drawn alike. A range and both signs are asked for around zero. */
export function beginFarFromZero(maps: readonly Tensor[], layout: Layout, { range, sign, outliers }: DrawingRequest): boolean {
  if (range !== undefined || sign === 'all') return false;
  return areFarFromZero(cellsOf(maps, layout), { sign, outlierPercentile: outliers ?? FEW_OUTLIERS });
}

/** The values of no and of full colour of maps over their pictures, in one scale: what a picture and its legend agree on. */
export function endsOf(maps: readonly Tensor[], layout: Layout, kind: MapKind, request: DrawingRequest): ColourEnds {
  if (request.range !== undefined) return { low: request.low, range: request.range };
  const cells = cellsOf(maps, layout);
  const far = kind.isFarFromZero ? farEnds(cells, { sign: request.sign, outlierPercentile: request.outliers ?? FEW_OUTLIERS }) : undefined;
  if (far !== undefined) return far;
  const options = { sign: signFromZero(kind, request), outlierPercentile: request.outliers ?? (kind.isSigned ? OUTLIERS : FEW_OUTLIERS) };
  return { range: Math.max(...cells.map(({ values }) => normaliseMap(values, layout, 0, options).range)) };
}

const isOverlay = ({ view }: DrawingRequest): boolean => view === 'overlay';

function signFromZero({ isSigned }: MapKind, { view, sign }: DrawingRequest): Sign {
  if (sign !== undefined) return sign;
  return isSigned && view !== 'masked-image' && view !== 'alpha-scaling' ? 'all' : 'positive';
}

/** One map over its picture as asked for; `values` hold that map alone. */
export function drawMap(values: Tensor, layout: Layout, picture: Pixels, kind: MapKind, request: DrawingRequest): DrawnPicture {
  if (kind.isColourField) return drawColourField(values, layout, picture);
  const cells = inCells(values, layout);
  const ends = endsOf([values], layout, kind, request);
  const sign = ends.low === undefined ? signFromZero(kind, request) : (request.sign ?? 'all');
  const isAroundZero = sign === 'all' && ends.low === undefined;
  const scale: ScaleName = request.scale ?? (isAroundZero ? 'RdBu' : 'inferno');
  const drawing = { sign, scale, ...ends };
  const enlargeTo = (interpolation: Interpolation): Tensor => resample(cells, layout, picture.height, picture.width, interpolation);
  // Values that belong to pixels are squares; those of layers, and means over many pixels, may pass into each other.
  const isOfPixels = !kind.isOfLayer && cells.data.length === values.data.length / imageGeometry(values.shape, layout).channels;
  const enlarged = enlargeTo(isAroundZero || isOfPixels ? 'nearest' : 'bilinear');
  const drawn = isOverlay(request)
    ? overlay(isAroundZero ? greyscale(picture, { contrast: CONTRAST }) : picture, heatMap(enlarged, layout, 0, { ...drawing, opacity: 'magnitude' }), { alpha: isAroundZero ? 1 : COVER })
    : visualise(picture, enlarged, layout, 0, { view: request.view === 'overlay' ? undefined : request.view, ...drawing });
  const isColoured = request.view !== 'original' && request.view !== 'masked-image' && request.view !== 'alpha-scaling';
  return {
    picture: drawn,
    ...(request.contours === true && { contours: contourLines(enlargeTo('bilinear'), layout, 0, drawing) }),
    // A map of zeros has no scale.
    ...(isColoured && ends.range !== (ends.low ?? 0) && { legend: { scale, ...ends, cut: isCut({ values: cells, layout, sample: 0 }, ends, sign) } }),
    alternativeText: describe(values, layout, 0, { ...drawing, ...(request.view !== 'overlay' && { view: request.view }) }),
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
