import type { Layout, Tensor } from '@pellucid/core';
import { chooseScale, type ScaleName } from '../colour/scales.ts';
import { collapseChannels, type Plane } from '../map/collapse.ts';
import { differ } from '../map/far-ends.ts';
import { normalisePlane, SELECT, type NormaliseOptions } from '../map/normalise.ts';
import type { View } from '../picture/visualise.ts';
import { numberBetween } from './number-between.ts';

/** How the map is drawn, as given to `heatMap`: the text then says what its colours mean. */
export interface DescribeOptions extends NormaliseOptions {
  /** @defaultValue that of `heatMap` */
  readonly scale?: ScaleName | undefined;
  /** What is shown of the image and its map: where that is not the map's colours, the text does not speak of them. @defaultValue a heat map */
  readonly view?: View | undefined;
  /** What the map is: the start of the sentence. @defaultValue 'Attribution map' */
  readonly subject?: string | undefined;
}

const VERTICAL = ['upper', 'middle', 'lower'] as const;
const HORIZONTAL = ['left', 'centre', 'right'] as const;

const COLOURS: Readonly<Record<ScaleName, readonly [high: string, low: string]>> = {
  BrBG: ['brown', 'blue-green'],
  GnWhRd: ['green', 'red'],
  PiYG: ['pink', 'green'],
  PRGn: ['purple', 'green'],
  PuOr: ['purple', 'orange'],
  RdBu: ['red', 'blue'],
  blues: ['blue', 'white'],
  cividis: ['yellow', 'dark blue'],
  greens: ['green', 'white'],
  greys: ['black', 'white'],
  inferno: ['pale yellow', 'black'],
  jet: ['dark red', 'dark blue'],
  magma: ['pale yellow', 'black'],
  plasma: ['yellow', 'dark blue'],
  reds: ['red', 'white'],
  turbo: ['dark red', 'dark violet'],
  viridis: ['yellow', 'dark violet'],
};

function regionName(region: number): string {
  const [row, column] = [VERTICAL[Math.floor(region / 3)]!, HORIZONTAL[region % 3]!];
  return region === 4 ? 'centre' : `${row} ${column}`;
}

const round = (value: number): string => String(Number(value.toPrecision(2)));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** In which ninth of the picture most of something lies: how much of it is in a value. */
function strongestRegion({ values, width, height }: Plane, massOf: (value: number) => number, what: string): string {
  const mass = new Float64Array(9);
  values.forEach((value, pixel) => {
    const x = pixel % width;
    const ninth = (position: number, length: number): number => Math.floor(((position + 0.5) * 3) / length);
    mass[3 * ninth((pixel - x) / width, height) + ninth(x, width)]! += massOf(value);
  });
  const largest = mass.reduce((best, value, region) => (value > mass[best]! ? region : best), 0);
  const share = mass[largest]! / mass.reduce((a, b) => a + b);
  return `${percent(share)} of ${what} lies in the ${regionName(largest)}`;
}

const SHOWN = { positive: 'positive values', negative: 'the size of negative values', absolute: 'the size of values' } as const;

/** What the colours mean that show zero. */
function describeColours(plane: Plane, options: DescribeOptions): string {
  const { sign = 'all' } = options;
  const { range } = normalisePlane(plane, options);
  const [high, low] = COLOURS[chooseScale(options.scale, sign === 'all')];
  if (sign === 'all') return `Colours run from ${low} at -${round(range)} over nearly white at 0 to ${high} at ${round(range)}.`;
  return `Colours show ${SHOWN[sign]}, from ${low} at 0 to ${high} at ${round(range)}.`;
}

/** How a map shows that lends the image no colours; undefined where it does. */
function describeImage(plane: Plane, options: DescribeOptions): string | undefined {
  const { view, low = 0 } = options;
  if (view === 'original') return 'The image is shown without the map.';
  if (view !== 'masked-image' && view !== 'alpha-scaling') return undefined;
  const { sign = options.low === undefined ? 'positive' : 'all' } = options;
  const { range } = normalisePlane(plane, { ...options, sign });
  const number = (value: number): string => (options.low === undefined ? round(value) : numberBetween(value, low, range));
  const what = { all: 'values', ...SHOWN }[sign];
  return `The image shows ${what}: ${view === 'masked-image' ? 'black' : 'transparent'} at ${number(low)}, as it is from ${number(range)} on.`;
}

/** The place of the largest value. */
function peakOf({ values, width }: Plane, sizeOf: (value: number) => number): { readonly value: number; readonly place: string } {
  const peak = values.reduce((best, value, i) => (sizeOf(value) > sizeOf(values[best]!) ? i : best), 0);
  return { value: values[peak]!, place: `row ${Math.floor(peak / width) + 1}, column ${(peak % width) + 1}` };
}

/** Sentences on both sides of zero: what lies where, and which colours that has. */
function describeAroundZero(plane: Plane, [lowest, highest]: readonly [number, number], options: DescribeOptions): readonly string[] {
  const { value, place } = peakOf(plane, Math.abs);
  const positive = plane.values.reduce((sum, each) => sum + Math.max(0, each), 0);
  const whole = plane.values.reduce((sum, each) => sum + Math.abs(each), 0);
  const regions = [
    ...(highest > 0 ? [strongestRegion(plane, (each) => Math.max(0, each), 'the positive mass')] : []),
    ...(lowest < 0 ? [strongestRegion(plane, (each) => Math.max(0, -each), 'the negative mass')] : []),
  ];
  const signs = positive === whole ? 'No value is negative' : positive === 0 ? 'No value is positive' : `${percent(positive / whole)} of all mass is positive`;
  return [
    `from ${round(lowest)} to ${round(highest)}: ${regions.join(', ')}; the strongest value, ${round(value)}, is at ${place}.`,
    `${signs}.`,
    describeColours(plane, options),
  ];
}

/** Sentences on a map whose colours do not begin at zero: what is higher than the rest of it. */
function describeAbove(plane: Plane, [lowest, highest]: readonly [number, number], low: number, options: DescribeOptions): readonly string[] {
  const { sign = 'all' } = options;
  const { range } = normalisePlane(plane, options);
  const number = (value: number): string => numberBetween(value, low, range);
  const above = (value: number): number => Math.max(0, SELECT[sign](value) - low);
  const { value, place } = peakOf(plane, SELECT[sign]);
  const region = above(value) > 0 ? `${strongestRegion(plane, above, `the mass above ${number(low)}`)}; ` : '';
  const [high, last] = COLOURS[chooseScale(options.scale, false)];
  const start = sign === 'all' ? 'Colours run' : `Colours show ${SHOWN[sign]},`;
  return [
    `from ${number(lowest)} to ${number(highest)}: ${region}the highest value, ${number(value)}, is at ${place}.`,
    `${start} from ${last} at ${number(low)}, not at 0, to ${high} at ${number(range)}.`,
  ];
}

/**
 * Alternative text of a map, for those who cannot see it: from where to where the values run, channels summed; in which ninth of the picture most of
 * the positive and of the negative mass lies, and where the value is that is farthest from zero; how the mass is shared between the signs; what the
 * colours mean. Where they have a `low` end, mass is what lies above it, and the place is that of the highest value.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function describe(values: Tensor, layout: Layout, sample: number, options: DescribeOptions = {}): string {
  const plane = collapseChannels(values, layout, sample);
  const start = `${options.subject ?? 'Attribution map'} of ${plane.height} x ${plane.width} values`;
  const ends = [plane.values.reduce((a, b) => Math.min(a, b), Infinity), plane.values.reduce((a, b) => Math.max(a, b), -Infinity)] as const;
  if (ends[0] === 0 && ends[1] === 0) return `${start}: every value is zero.`;
  if (options.low === undefined && !differ(...ends)) return `${start}: every value is ${round(ends[0])}. ${describeColours(plane, options)}`;
  const sentences = options.low === undefined ? describeAroundZero(plane, ends, options) : describeAbove(plane, ends, options.low, options);
  const image = describeImage(plane, options);
  return [start, ...(image === undefined ? sentences : [...sentences.slice(0, -1), image])].join(' ');
}
