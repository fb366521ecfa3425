import { colourBar } from '../colour/colour-bar.ts';
import { isDiverging, type ScaleName } from '../colour/scales.ts';
import { textWidth } from '../drawing/text.ts';
import type { Rgb } from '../pixels.ts';
import { numberBetween } from '../text/number-between.ts';
import type { Figure } from './figure.ts';

/** What the colours of a map mean. */
export interface ColourLegend {
  readonly scale: ScaleName;
  /** The value of full colour, from `normaliseMap`, `sharedRange` or `farEnds`. */
  readonly range: number;
  /** The value of no colour, on a sequential scale, from `farEnds`; the bar then says that it does not begin at zero. @defaultValue zero */
  readonly low?: number | undefined;
  /** Whether values beyond the range were cut to full colour: its ends then say "and more". @defaultValue false */
  readonly cut?: boolean | undefined;
}

/** A legend as parts of a figure, its upper left corner at 0, 0. */
export interface LegendParts {
  readonly width: number;
  readonly items: Figure['items'];
}

/** A bar is no shorter than so many letters are high: its values would touch. */
export const LEAST_BAR = 4;
const TICK = 4;

/** Minus signs as in print. */
const inPrint = (number: string): string => number.replace(/-/g, '−');

/** A value in two digits, as short as it can be said. */
export function shortNumber(value: number): string {
  return inPrint(String(Number(value.toPrecision(2))));
}

function labelsOf({ scale, range, low, cut = false }: ColourLegend): readonly [number, string][] {
  const above = cut ? '≥ ' : '';
  if (low !== undefined) {
    const label = (value: number): string => inPrint(numberBetween(value, low, range));
    return [[0, `${cut ? '≤ ' : ''}${label(low)} (not 0)`], [0.5, label((low + range) / 2)], [1, `${above}${label(range)}`]];
  }
  // All values of a bar are written alike.
  const label = (value: number): string => (range > 0 && range < 0.001 ? inPrint(Number(value.toPrecision(2)).toExponential()) : shortNumber(value));
  if (!isDiverging(scale)) return [[0, '0'], [0.5, label(range / 2)], [1, `${above}${label(range)}`]];
  return [[0, `${cut ? '≤ ' : ''}${label(-range)}`], [0.25, label(-range / 2)], [0.5, '0'], [0.75, label(range / 2)], [1, `${above}${label(range)}`]];
}

/** An upright bar of all colours with the values at its ends, in its middle and, where there is room, between. */
export function drawLegend(legend: ColourLegend, height: number, fontSize: number, ink: Rgb): LegendParts {
  const labels = labelsOf(legend).filter(([share]) => height >= 8 * fontSize || share % 0.5 === 0);
  const thickness = Math.round(fontSize * 0.9);
  const bar = colourBar(legend.scale, { length: height, thickness, direction: 'vertical' });
  // Ticks stand on the middle of the pixel that has their colour; the texts of the ends are moved inside.
  const tickAt = (share: number): number => Math.round((1 - share) * (height - 1)) + 0.5;
  const baseline = (share: number): number => Math.max(fontSize * 0.75, Math.min(height, tickAt(share) + fontSize * 0.36));
  const frame = [[[-0.5, -0.5], [thickness + 0.5, -0.5], [thickness + 0.5, height + 0.5], [-0.5, height + 0.5], [-0.5, -0.5]]] as const;
  return {
    width: thickness + TICK + 3 + Math.ceil(Math.max(...labels.map(([, text]) => textWidth(text, fontSize)))),
    items: [
      { kind: 'picture', x: 0, y: 0, picture: bar },
      { kind: 'lines', lines: frame, colour: ink, width: 1 },
      { kind: 'lines', lines: labels.map(([share]) => [[thickness + 1, tickAt(share)], [thickness + TICK, tickAt(share)]]), colour: ink, width: 1 },
      ...labels.map(([share, text]) => ({ kind: 'text', x: thickness + TICK + 3, y: baseline(share), text, fontSize, anchor: 'start' }) as const),
    ],
  };
}

/** Moves parts of a figure. */
export function moveItems(items: Figure['items'], dx: number, dy: number): Figure['items'] {
  return items.map((item) =>
    item.kind === 'lines'
      ? { ...item, lines: item.lines.map((line) => line.map(([x, y]) => [x + dx, y + dy] as const)) }
      : { ...item, x: item.x + dx, y: item.y + dy },
  );
}
