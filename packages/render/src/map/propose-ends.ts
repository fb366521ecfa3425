import { collapseChannels } from './collapse.ts';
import { checkNormalising, massThreshold, SELECT, type ColourEnds, type MapSample, type NormaliseOptions } from './normalise.ts';

/** Ends of colours that do not begin at zero. */
export interface ProposedEnds extends ColourEnds {
  readonly low: number;
}

/** A map is far from zero when its low end is more than this share of its high one. */
const FAR = 0.5;
/** Values that differ by less than this share are one value and the rounding of float32. */
const ROUNDING = 1e-5;

/** From where to where the values of one map run without its outliers on either side; undefined where that is not far from zero. */
function endsOf({ values, layout, sample }: MapSample, { sign = 'all', outlierPercentile = 2 }: NormaliseOptions): ProposedEnds | undefined {
  const chosen = collapseChannels(values, layout, sample).values.map(SELECT[sign]);
  const side = Math.sign(chosen[0] ?? 0);
  if (side === 0 || chosen.some((value) => Math.sign(value) !== side)) return undefined;
  const [near, far] = [massThreshold(chosen, 100 - outlierPercentile), massThreshold(chosen, outlierPercentile)];
  if (!(near > FAR * far)) return undefined;
  return side > 0 ? { low: near, range: far } : { low: -far, range: -near };
}

/**
 * Both ends of the colours for maps that would be one flat colour from zero on, as RISE's: those of the values without the outliers on either side, the
 * least low end and the greatest high one of the maps. Give them to each map as `low` and `range`. Undefined, so that colours begin at zero, unless
 * all values lie on one side of zero and every map runs from more than half of its largest magnitude; and where nothing differs.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function proposeEnds(maps: readonly MapSample[], options: Pick<NormaliseOptions, 'sign' | 'outlierPercentile'> = {}): ProposedEnds | undefined {
  checkNormalising(options);
  const ends = maps.map((map) => endsOf(map, options));
  let [low, range] = [Infinity, -Infinity];
  for (const end of ends) {
    if (end === undefined) return undefined;
    low = Math.min(low, end.low);
    range = Math.max(range, end.range);
  }
  const isOneSided = low > 0 || range < 0;
  return isOneSided && range - low > ROUNDING * Math.max(Math.abs(low), Math.abs(range)) ? { low, range } : undefined;
}
