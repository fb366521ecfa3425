import type { Layout, Tensor } from '@pellucid/core';
import { chooseScale, type ScaleName } from '../colour/scales.ts';
import { collapseChannels, type Plane } from '../map/collapse.ts';
import { normalisePlane, type NormaliseOptions } from '../map/normalise.ts';

/** How the map is drawn, as given to `heatMap`: the text then says what its colours mean. */
export interface DescribeOptions extends NormaliseOptions {
  /** @defaultValue that of `heatMap` */
  readonly scale?: ScaleName | undefined;
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

/** In which ninth of the picture most of a sign's mass lies. */
function strongestRegion({ values, width, height }: Plane, sign: 1 | -1): string {
  const mass = new Float64Array(9);
  values.forEach((value, pixel) => {
    const x = pixel % width;
    const ninth = (position: number, length: number): number => Math.floor(((position + 0.5) * 3) / length);
    mass[3 * ninth((pixel - x) / width, height) + ninth(x, width)]! += Math.max(0, sign * value);
  });
  const largest = mass.reduce((best, value, region) => (value > mass[best]! ? region : best), 0);
  const share = mass[largest]! / mass.reduce((a, b) => a + b);
  return `${percent(share)} of the ${sign > 0 ? 'positive' : 'negative'} mass lies in the ${regionName(largest)}`;
}

/** What the colours mean. */
function describeColours(plane: Plane, options: DescribeOptions): string {
  const { sign = 'all' } = options;
  const scale = chooseScale(options.scale, sign === 'all');
  const { range } = normalisePlane(plane, options);
  const [high, low] = COLOURS[scale];
  if (sign === 'all') return `Colours run from ${low} at -${round(range)} over nearly white at 0 to ${high} at ${round(range)}.`;
  const shown = { positive: 'positive values', negative: 'the size of negative values', absolute: 'the size of values' }[sign];
  return `Colours show ${shown}, from ${low} at 0 to ${high} at ${round(range)}.`;
}

/**
 * Alternative text of a map, for those who cannot see it: from where to where the values run, channels summed; in which ninth of the picture most of
 * the positive and of the negative mass lies, and where the value is that is farthest from zero; how the mass is shared between the signs; what the
 * colours mean.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function describe(values: Tensor, layout: Layout, sample: number, options: DescribeOptions = {}): string {
  const plane = collapseChannels(values, layout, sample);
  const start = `${options.subject ?? 'Attribution map'} of ${plane.height} x ${plane.width} values`;
  const lowest = plane.values.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = plane.values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (lowest === 0 && highest === 0) return `${start}: every value is zero.`;
  const peak = plane.values.reduce((best, value, i) => (Math.abs(value) > Math.abs(plane.values[best]!) ? i : best), 0);
  const positive = plane.values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const whole = plane.values.reduce((sum, value) => sum + Math.abs(value), 0);
  const regions = [...(highest > 0 ? [strongestRegion(plane, 1)] : []), ...(lowest < 0 ? [strongestRegion(plane, -1)] : [])];
  const signs = positive === whole ? 'No value is negative' : positive === 0 ? 'No value is positive' : `${percent(positive / whole)} of all mass is positive`;
  const place = `row ${Math.floor(peak / plane.width) + 1}, column ${(peak % plane.width) + 1}`;
  return [
    `${start} from ${round(lowest)} to ${round(highest)}: ${regions.join(', ')}; the strongest value, ${round(plane.values[peak]!)}, is at ${place}.`,
    `${signs}.`,
    describeColours(plane, options),
  ].join(' ');
}
