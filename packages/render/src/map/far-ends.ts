import { collapseChannels } from './collapse.ts';
import { checkNormalising, SELECT, type ColourEnds, type MapSample, type NormaliseOptions } from './normalise.ts';

/** Ends of colours that do not begin at zero. */
export interface FarEnds extends ColourEnds {
  readonly low: number;
}

/** What of a map is shown, and without how many outliers. */
export type FarEndsOptions = Pick<NormaliseOptions, 'sign' | 'outlierPercentile'>;

/** A map is far from zero when all of it is farther from it than this share of its largest magnitude. */
const FAR = 0.5;
/** Values that differ by less than this share are one value and the rounding of float32. */
const ROUNDING = 1e-5;

interface Spread extends FarEnds {
  /** Whether all values lie on one side of zero. */
  readonly isOneSided: boolean;
}

/** Whether two values are more than one value and its rounding. */
export const differ = (low: number, range: number): boolean => range - low > ROUNDING * Math.max(Math.abs(low), Math.abs(range));

/** From where to where a map runs without that percentage of its values at either end. */
function spreadOf({ values, layout, sample }: MapSample, options: FarEndsOptions): Spread {
  checkNormalising(options);
  const { sign = 'all', outlierPercentile = 2 } = options;
  const sorted = collapseChannels(values, layout, sample).values.map(SELECT[sign]).sort();
  const cut = Math.floor(((sorted.length - 1) * Math.min(outlierPercentile, 50)) / 100);
  const last = sorted.length - 1;
  return { low: sorted[cut]!, range: sorted[last - cut]!, isOneSided: sorted[0]! > 0 || sorted[last]! < 0 };
}

/**
 * Whether maps that are drawn alike, such as those of one method, are better drawn between their own ends than from zero on, where they would be one
 * flat colour: RISE's. So it is when most of them lie on one side of zero and run from more than half of their largest magnitude; those that do
 * not differ anywhere are not asked. Decide once, then take `farEnds` of each map, or of all together.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function areFarFromZero(maps: readonly MapSample[], options: FarEndsOptions = {}): boolean {
  const spreads = maps.map((map) => spreadOf(map, options)).filter(({ low, range }) => differ(low, range));
  const far = spreads.filter(({ low, range, isOneSided }) => {
    const [a, b] = [Math.abs(low), Math.abs(range)];
    return isOneSided && Math.min(a, b) > FAR * Math.max(a, b);
  });
  return 2 * far.length > spreads.length;
}

/**
 * The `low` and the `range` that spread all colours over a map, or over several in one scale: the least low end and the greatest high one, without
 * `outlierPercentile` % of each map's values at either end. Undefined, so that colours begin at zero, where nothing differs and where several maps
 * do not lie on one side of zero: they compare around it.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function farEnds(maps: readonly MapSample[], options: FarEndsOptions = {}): FarEnds | undefined {
  const spreads = maps.map((map) => spreadOf(map, options));
  const low = spreads.reduce((least, spread) => Math.min(least, spread.low), Infinity);
  const range = spreads.reduce((greatest, spread) => Math.max(greatest, spread.range), -Infinity);
  const compares = maps.length === 1 || (spreads.every(({ isOneSided }) => isOneSided) && (low > 0 || range < 0));
  return compares && differ(low, range) ? { low, range } : undefined;
}
