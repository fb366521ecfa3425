import { PellucidError, type Layout, type Tensor } from '@pellucid/core';
import { contours } from 'd3-contour';
import type { Point } from '../pixels.ts';
import { normaliseMap, type NormalisedMap, type NormaliseOptions } from './normalise.ts';

/** Which heights of a map get a line. */
export interface ContourOptions extends NormaliseOptions {
  /** Shares of full colour, above 0 and below 1; with sign 'all' also those below zero, dashed. @defaultValue [0.25, 0.5, 0.75] */
  readonly levels?: readonly number[] | undefined;
  /** Length of a dash and of the space behind it, in pixels. @defaultValue 4 */
  readonly dash?: number | undefined;
}

/** The lines along which a map has one height. */
export interface Contour {
  /** Share of full colour; negative for the lines around negative values. */
  readonly level: number;
  /** Lines from point to point; dashes already taken apart. A line that ends where it begins is closed. */
  readonly lines: readonly (readonly Point[])[];
}

/** Cuts a line into dashes. */
function dashed(line: readonly Point[], dash: number): Point[][] {
  const dashes: Point[][] = [];
  let current: Point[] = [];
  let left = dash;
  let drawing = true;
  line.slice(1).forEach(([x1, y1], i) => {
    let [x, y] = line[i]!;
    if (drawing && current.length === 0) current.push([x, y]);
    for (let rest = Math.hypot(x1 - x, y1 - y); rest > 0;) {
      const step = Math.min(rest, left);
      [x, y] = [x + ((x1 - x) * step) / rest, y + ((y1 - y) * step) / rest];
      rest -= step;
      left -= step;
      if (drawing) current.push([x, y]);
      if (left > 0) continue;
      if (drawing) dashes.push(current);
      drawing = !drawing;
      left = dash;
      current = drawing ? [[x, y]] : [];
    }
  });
  return current.length > 1 ? [...dashes, current] : dashes;
}

/** Takes a ring apart where it runs along the border: the map ends there, it has no height. */
function withoutBorder(ring: readonly Point[], width: number, height: number): Point[][] {
  const isBorder = ([x, y]: Point): boolean => x <= 0 || y <= 0 || x >= width || y >= height;
  const lines: Point[][] = [];
  let current: Point[] = [];
  ring.forEach((point, i) => {
    const before = ring[i - 1];
    if (before !== undefined && isBorder(before) && isBorder(point)) {
      lines.push(current);
      current = [];
    }
    current.push(point);
  });
  return [...lines, current].filter((line) => line.length > 1);
}

/**
 * The map with its outermost values once more around it: at the border the lines of d3-contour are up to half a pixel off, and there these are.
 */
function padded({ height, width, values }: NormalisedMap, factor: 1 | -1): number[] {
  const within = (position: number, length: number): number => Math.max(0, Math.min(length - 1, position - 1));
  return Array.from({ length: (height + 2) * (width + 2) }, (_, i) => {
    const x = i % (width + 2);
    return factor * values[within((i - x) / (width + 2), height) * width + within(x, width)]!;
  });
}

function check({ levels = [], dash = 4 }: ContourOptions): void {
  const refuse = (option: string, expected: string, actual: string): never => {
    throw new PellucidError('OPTION_INVALID', { option, name: 'contours', expected, actual });
  };
  if (!levels.every((level) => level > 0 && level < 1)) refuse('levels', 'numbers between 0 and 1', `[${levels.join(', ')}]`);
  if (!(dash > 0)) refuse('dash', 'a number of pixels above 0', String(dash));
}

/**
 * The contour lines of one sample's map, channels summed, values normalised as for its heat map. Bring a small map to the picture's size first, with
 * `resample` of @pellucid/core.
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function contourLines(values: Tensor, layout: Layout, sample: number, options: ContourOptions = {}): Contour[] {
  check(options);
  const { levels = [0.25, 0.5, 0.75], sign = 'all', dash = 4 } = options;
  const map = normaliseMap(values, layout, sample, options);
  const clamp = (position: number, length: number): number => Math.max(0, Math.min(length, position - 1));
  const trace = (factor: 1 | -1): Contour[] =>
    contours().size([map.width + 2, map.height + 2]).thresholds([...levels])(padded(map, factor)).map(({ value, coordinates }) => {
      const rings = coordinates.flat().map((ring) => ring.map(([x = 0, y = 0]): Point => [clamp(x, map.width), clamp(y, map.height)]));
      const lines = rings.flatMap((ring) => withoutBorder(ring, map.width, map.height));
      return { level: factor * value, lines: factor > 0 ? lines : lines.flatMap((line) => dashed(line, dash)) };
    });
  const positive = trace(1);
  const traced = sign === 'all' ? [...trace(-1), ...positive] : positive;
  return traced.filter(({ lines }) => lines.length > 0);
}
