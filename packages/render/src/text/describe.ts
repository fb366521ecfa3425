import type { Layout, Tensor } from '@pellucid/core';
import { collapseChannels } from '../map/collapse.ts';

const VERTICAL = ['upper', 'middle', 'lower'] as const;
const HORIZONTAL = ['left', 'centre', 'right'] as const;

function regionName(region: number): string {
  const [row, column] = [VERTICAL[Math.floor(region / 3)]!, HORIZONTAL[region % 3]!];
  return region === 4 ? 'centre' : `${row} ${column}`;
}

const round = (value: number): string => String(Number(value.toPrecision(2)));

/**
 * One sentence on a map for those who cannot see it: in which ninth of the picture most of the mass lies (positive values where there
 * are any, else negative ones), and from where to where the values run, channels summed.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID
 */
export function describe(values: Tensor, layout: Layout, sample: number): string {
  const plane = collapseChannels(values, layout, sample);
  const lowest = plane.values.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = plane.values.reduce((a, b) => Math.max(a, b), -Infinity);
  const size = `Attribution map of ${plane.height} x ${plane.width} values`;
  if (lowest === 0 && highest === 0) return `${size}: every value is zero.`;
  const sign = highest > 0 ? 1 : -1;
  const mass = new Float64Array(9);
  plane.values.forEach((value, pixel) => {
    const x = pixel % plane.width;
    const y = (pixel - x) / plane.width;
    const ninth = (position: number, length: number): number => Math.floor(((position + 0.5) * 3) / length);
    mass[3 * ninth(y, plane.height) + ninth(x, plane.width)]! += Math.max(0, sign * value);
  });
  const largest = mass.reduce((best, value, region) => (value > mass[best]! ? region : best), 0);
  const share = Math.round((100 * mass[largest]!) / mass.reduce((a, b) => a + b));
  return `${size} from ${round(lowest)} to ${round(highest)}: ${share} % of the ${sign > 0 ? 'positive' : 'negative'} mass lies in the ${regionName(largest)}.`;
}
