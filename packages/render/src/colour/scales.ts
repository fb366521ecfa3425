import { PellucidError } from '@pellucid/core';
import { rgb } from 'd3-color';
import {
  interpolateInferno, interpolateMagma, interpolatePlasma, interpolateViridis, schemeBlues, schemeBrBG, schemeGreens, schemeGreys, schemePiYG,
  schemePRGn, schemePuOr, schemeRdBu, schemeReds,
} from 'd3-scale-chromatic';
import type { Rgb } from '../pixels.ts';
import { CIVIDIS, TURBO } from './tables.ts';

/**
 * Scales for values without a sign, from 0 to 1. Viridis, cividis, inferno, magma and plasma grow evenly in lightness and can be told apart by
 * the colour-blind; blues, greens, greys and reds begin white. Turbo and jet do neither: they are there for those who have to compare.
 */
export const SEQUENTIAL_SCALES = [
  'blues', 'cividis', 'greens', 'greys', 'inferno', 'jet', 'magma', 'plasma', 'reds', 'turbo', 'viridis',
] as const;
/**
 * Scales for signed values, nearly white at zero. The colour that is named first (brown, green, pink, purple, purple, red) is positive. All but
 * GnWhRd, Captum's, can be told apart by the colour-blind.
 */
export const DIVERGING_SCALES = ['BrBG', 'GnWhRd', 'PiYG', 'PRGn', 'PuOr', 'RdBu'] as const;

/** The name of a scale for values of one sign. */
export type SequentialScale = (typeof SEQUENTIAL_SCALES)[number];
/** The name of a scale for signed values. */
export type DivergingScale = (typeof DIVERGING_SCALES)[number];
/** The name of a colour scale. */
export type ScaleName = SequentialScale | DivergingScale;

/** As many colours as a scale of matplotlib has: the same numbers get the same colours. */
const COLOURS = 256;

const positions: readonly number[] = Array.from({ length: COLOURS }, (_, i) => i);
const parse = (colour: string): Rgb => {
  const { r, g, b } = rgb(colour);
  return [r, g, b];
};
const fromInterpolator = (interpolate: (share: number) => string): Rgb[] => positions.map((i) => parse(interpolate((i + 0.5) / COLOURS)));
const fromHex = (digits: string): Rgb[] => positions.map((i) => parse(`#${digits.slice(6 * i, 6 * i + 6)}`));

/** Colours on the straight lines between anchors that stand at even distances. */
function fromAnchors(anchors: readonly Rgb[]): Rgb[] {
  return positions.map((i) => {
    const position = (i / (COLOURS - 1)) * (anchors.length - 1);
    const low = Math.min(Math.floor(position), anchors.length - 2);
    const [a, b] = [anchors[low]!, anchors[low + 1]!];
    const mix = (channel: 0 | 1 | 2): number => Math.round(a[channel] + (b[channel] - a[channel]) * (position - low));
    return [mix(0), mix(1), mix(2)];
  });
}

type Scheme = readonly (readonly string[] | undefined)[];
/** A scheme of ColorBrewer with as many classes as it has. */
const anchorsOf = (scheme: Scheme): Rgb[] => (scheme.at(-1) ?? []).map(parse);

/** Rises from 0 to 1 between the first two positions and falls between the last two. */
const trapezium = (position: number, [a, b, c, d]: readonly [number, number, number, number], [start, end]: Readonly<[number, number]> = [0, 0]): number => {
  if (position < b) return a === b ? 1 : start + ((1 - start) * Math.max(0, position - a)) / (b - a);
  return position <= c ? 1 : Math.max(end, 1 - ((1 - end) * (position - c)) / (d - c));
};

/** MATLAB's rainbow in the form that matplotlib gave it. */
const jet = (): Rgb[] => positions.map((i) => {
  const position = i / (COLOURS - 1);
  const red = trapezium(position, [0.35, 0.66, 0.89, 1], [0, 0.5]);
  const green = trapezium(position, [0.125, 0.375, 0.64, 0.91]);
  const blue = trapezium(position, [0, 0.11, 0.34, 0.65], [0.5, 0]);
  return [Math.round(255 * red), Math.round(255 * green), Math.round(255 * blue)];
});

/** Lowest values first: reversed, so that the colour that is named first is that of the highest. */
const DIVERGING: Readonly<Record<DivergingScale, () => readonly Rgb[]>> = {
  BrBG: () => anchorsOf(schemeBrBG).reverse(),
  GnWhRd: () => [[255, 0, 0], [255, 255, 255], [0, 128, 0]],
  PiYG: () => anchorsOf(schemePiYG).reverse(),
  PRGn: () => anchorsOf(schemePRGn).reverse(),
  PuOr: () => anchorsOf(schemePuOr).reverse(),
  RdBu: () => anchorsOf(schemeRdBu).reverse(),
};

const SEQUENTIAL: Readonly<Record<SequentialScale, () => readonly Rgb[]>> = {
  blues: () => fromAnchors(anchorsOf(schemeBlues)),
  cividis: () => fromHex(CIVIDIS),
  greens: () => fromAnchors(anchorsOf(schemeGreens)),
  greys: () => fromAnchors(anchorsOf(schemeGreys)),
  inferno: () => fromInterpolator(interpolateInferno),
  jet,
  magma: () => fromInterpolator(interpolateMagma),
  plasma: () => fromInterpolator(interpolatePlasma),
  reds: () => fromAnchors(anchorsOf(schemeReds)),
  turbo: () => fromHex(TURBO),
  viridis: () => fromInterpolator(interpolateViridis),
};

/** Whether a scale is for signed values. */
export function isDiverging(scale: ScaleName): scale is DivergingScale {
  return DIVERGING_SCALES.some((name) => name === scale);
}

/** The scale to use: the given one where it suits, or the default. @throws OPTION_INVALID */
export function chooseScale(scale: ScaleName | undefined, signed: boolean): ScaleName {
  if (scale === undefined) return signed ? 'RdBu' : 'viridis';
  if ((signed ? DIVERGING_SCALES : SEQUENTIAL_SCALES).some((name) => name === scale)) return scale;
  const [names, kind] = signed
    ? [DIVERGING_SCALES, "a diverging scale for sign 'all'"]
    : [SEQUENTIAL_SCALES, 'a sequential scale for values without a sign, or with a low end'];
  throw new PellucidError('OPTION_INVALID', { option: 'scale', name: 'heat map', expected: `${kind} (${names.join(', ')})`, actual: scale });
}

/**
 * The colour of a normalised value: from 0 to 1, or from -1 to 1 on a diverging scale; values outside get the colour of the nearer end. One of 256
 * colours, chosen as matplotlib does, so that both draw the same to 1/255; but zero is the exact middle of a diverging scale.
 */
export function colourScale(scale: ScaleName): (value: number) => Rgb {
  const pick = (table: readonly Rgb[], share: number): Rgb => table[Math.max(0, Math.min(COLOURS - 1, Math.floor(share * COLOURS)))]!;
  if (!isDiverging(scale)) {
    const table = SEQUENTIAL[scale]();
    return (value) => pick(table, value);
  }
  const anchors = DIVERGING[scale]();
  const table = fromAnchors(anchors);
  const zero = anchors[(anchors.length - 1) / 2]!;
  return (value) => (value === 0 ? zero : pick(table, (value + 1) / 2));
}
