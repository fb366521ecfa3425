import { PellucidError, type Layout, type Tensor } from '@pellucid/core';
import { collapseChannels, type Plane } from './collapse.ts';

/** Which values are shown: all with their sign, one sign alone, or all without their sign. */
export type Sign = 'all' | 'positive' | 'negative' | 'absolute';

/** How values become a share of the full colour. */
export interface NormaliseOptions {
  /** @defaultValue 'all' */
  readonly sign?: Sign | undefined;
  /**
   * The share of the total mass, in percent, that lies in values shown as full colour: a few extreme pixels do not darken all others.
   * 0 scales by the largest value. @defaultValue 2, as Captum
   */
  readonly outlierPercentile?: number | undefined;
  /** The value of full colour: give several panels the same to compare them. @defaultValue found from the map by `outlierPercentile` */
  readonly range?: number | undefined;
  /**
   * The value of no colour, below `range`, which must be given, too, and may then be negative: for maps far from zero, see `farEnds`. What is
   * shown runs from 0 to 1 whatever the sign, so that scales are sequential. @defaultValue zero
   */
  readonly low?: number | undefined;
}

/** The values of no colour and of full colour. */
export interface ColourEnds {
  /** Zero where it is not given. */
  readonly low?: number | undefined;
  readonly range: number;
}

/** One sample's map among several. */
export interface MapSample {
  readonly values: Tensor;
  /** NCHW or NHWC. */
  readonly layout: Layout;
  readonly sample: number;
}

/** A map ready for colours. */
export interface NormalisedMap {
  readonly height: number;
  readonly width: number;
  /** From -1 to 1 where the sign is shown around zero, else from 0 to 1. */
  readonly values: Float64Array;
  /** The raw value that became 1; 0 for a map without any mass. */
  readonly range: number;
}

/** What is shown of a value. */
export const SELECT: Readonly<Record<Sign, (value: number) => number>> = {
  all: (value) => value,
  positive: (value) => Math.max(value, 0),
  negative: (value) => Math.max(-value, 0),
  absolute: Math.abs,
};

/** The smallest magnitude such that the magnitudes up to it, in ascending order, add up to (100 - percentile) % of the total. */
function massThreshold(values: Float64Array, outlierPercentile: number): number {
  const sorted = values.map(Math.abs).sort();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  const wanted = total * (1 - outlierPercentile / 100);
  let sum = 0;
  for (const value of sorted) {
    sum += value;
    if (sum >= wanted) return value;
  }
  return 0;
}

/** Whether colours show both signs around zero. */
export function isAroundZero({ sign = 'all', low }: Pick<NormaliseOptions, 'sign' | 'low'>): boolean {
  return sign === 'all' && low === undefined;
}

/** @throws OPTION_INVALID */
export function checkNormalising({ outlierPercentile = 2, range, low }: NormaliseOptions): void {
  const refuse = (option: string, expected: string, actual: number | undefined): never => {
    throw new PellucidError('OPTION_INVALID', { option, name: 'heat map', expected, actual: String(actual) });
  };
  if (!(outlierPercentile >= 0 && outlierPercentile < 100)) refuse('outlierPercentile', 'a number from 0 to less than 100', outlierPercentile);
  if (low === undefined) {
    if (range !== undefined && !(range >= 0 && range < Infinity)) refuse('range', 'a finite number of at least 0', range);
    return;
  }
  if (!Number.isFinite(low)) refuse('low', 'a finite number', low);
  if (range === undefined || !(range > low && range < Infinity)) refuse('range', `a finite number above that of \`low\`, ${low}`, range);
}

/** Normalises a plane of values; see {@link normaliseMap}. */
export function normalisePlane(plane: Plane, options: NormaliseOptions = {}): NormalisedMap {
  checkNormalising(options);
  const { sign = 'all', outlierPercentile = 2, low } = options;
  const chosen = plane.values.map(SELECT[sign]);
  const range = options.range ?? massThreshold(chosen, outlierPercentile);
  const share = (value: number): number => {
    if (low !== undefined) return Math.max(0, Math.min(1, (value - low) / (range - low)));
    return range === 0 ? Math.sign(value) : Math.max(-1, Math.min(1, value / range));
  };
  return { height: plane.height, width: plane.width, values: chosen.map(share), range };
}

/**
 * Sums the channels of one sample and divides by a threshold found from the cumulative mass, clipped to 1, as Captum's
 * `visualize_image_attr`. A map of zeros stays zero.
 * @see {@link https://github.com/meta-pytorch/captum | Captum}, `_normalize_attr`
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function normaliseMap(values: Tensor, layout: Layout, sample: number, options: NormaliseOptions = {}): NormalisedMap {
  return normalisePlane(collapseChannels(values, layout, sample), options);
}

/**
 * The value of full colour for several maps together: give it to each as `range`, and the same colour means the same value in all. The threshold is
 * taken over all their values, as if they were one map.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function sharedRange(maps: readonly MapSample[], options: Omit<NormaliseOptions, 'range' | 'low'> = {}): number {
  const planes = maps.map(({ values, layout, sample }) => collapseChannels(values, layout, sample).values);
  const all = new Float64Array(planes.reduce((length, plane) => length + plane.length, 0));
  let start = 0;
  for (const plane of planes) {
    all.set(plane, start);
    start += plane.length;
  }
  return normalisePlane({ height: 1, width: all.length, values: all }, options).range;
}

/** Whether a map has values beyond the ends of its colours, which then say "and more": for `ColourLegend.cut`. @throws as {@link normaliseMap} */
export function isCut({ values, layout, sample }: MapSample, { low, range }: ColourEnds, sign: Sign = 'all'): boolean {
  const lowest = low ?? -range;
  return collapseChannels(values, layout, sample).values.map(SELECT[sign]).some((value) => value < lowest || value > range);
}
