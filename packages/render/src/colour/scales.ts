import { PellucidError } from '@pellucid/core';
import { rgb } from 'd3-color';
import {
  interpolateBrBG, interpolateCividis, interpolateGreys, interpolateInferno, interpolateMagma, interpolatePiYG, interpolatePlasma,
  interpolatePRGn, interpolatePuOr, interpolateRdBu, interpolateTurbo, interpolateViridis,
} from 'd3-scale-chromatic';
import type { Rgb } from '../pixels.ts';

/** Scales for values without a sign, from 0 to 1. All but turbo and greys grow evenly in lightness; cividis also for the colour-blind. */
export const SEQUENTIAL_SCALES = ['cividis', 'greys', 'inferno', 'magma', 'plasma', 'turbo', 'viridis'] as const;
/** Scales for signed values, nearly white at zero. The colour that is named first (brown, pink, purple, purple, red) is positive. */
export const DIVERGING_SCALES = ['BrBG', 'PiYG', 'PRGn', 'PuOr', 'RdBu'] as const;

/** The name of a scale for values of one sign. */
export type SequentialScale = (typeof SEQUENTIAL_SCALES)[number];
/** The name of a scale for signed values. */
export type DivergingScale = (typeof DIVERGING_SCALES)[number];
/** A colour scale of d3-scale-chromatic, by its name there. */
export type ScaleName = SequentialScale | DivergingScale;

const INTERPOLATORS: Readonly<Record<ScaleName, (t: number) => string>> = {
  BrBG: interpolateBrBG,
  PiYG: interpolatePiYG,
  PRGn: interpolatePRGn,
  PuOr: interpolatePuOr,
  RdBu: interpolateRdBu,
  cividis: interpolateCividis,
  greys: interpolateGreys,
  inferno: interpolateInferno,
  magma: interpolateMagma,
  plasma: interpolatePlasma,
  turbo: interpolateTurbo,
  viridis: interpolateViridis,
};

/** Steps of a table of colours; even, so that zero has an entry of its own. */
const STEPS = 1024;

const isDiverging = (scale: string): boolean => DIVERGING_SCALES.some((name) => name === scale);

/** The scale to use: the given one where it suits, or the default. @throws OPTION_INVALID */
export function chooseScale(scale: ScaleName | undefined, signed: boolean): ScaleName {
  if (scale === undefined) return signed ? 'RdBu' : 'viridis';
  if (Object.hasOwn(INTERPOLATORS, scale) && isDiverging(scale) === signed) return scale;
  const [names, kind] = signed
    ? [DIVERGING_SCALES, "a diverging scale for sign 'all'"]
    : [SEQUENTIAL_SCALES, 'a sequential scale for values without a sign'];
  throw new PellucidError('OPTION_INVALID', { option: 'scale', name: 'heat map', expected: `${kind} (${names.join(', ')})`, actual: scale });
}

/** The colour of a normalised value: from 0 to 1, or from -1 to 1 on a diverging scale. */
export function colourScale(scale: ScaleName): (value: number) => Rgb {
  const table: readonly Rgb[] = Array.from({ length: STEPS + 1 }, (_, i) => {
    const { r, g, b } = rgb(INTERPOLATORS[scale](i / STEPS));
    return [r, g, b];
  });
  const position = isDiverging(scale) ? (value: number): number => (1 - value) / 2 : (value: number): number => value;
  return (value) => table[Math.round(Math.max(0, Math.min(1, position(value))) * STEPS)]!;
}
