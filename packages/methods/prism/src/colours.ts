import { mapValues, sampleData, type Tensor } from '@pellucid/core';

/** How a field becomes colours between 0 and 1. Plain data. */
export interface ColourScale {
  readonly mean: number;
  readonly deviation: number;
  /** The least and the greatest standardised value, within -1 and 1. */
  readonly low: number;
  readonly high: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The scale of a whole batch: standard scores, cut at -1 and 1, stretched to what is there. */
export function fitScale({ data }: Tensor): ColourScale {
  const count = data.length;
  const mean = data.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(count - 1, 1));
  const score = (value: number): number => (deviation === 0 ? 0 : clamp((value - mean) / deviation, -1, 1));
  const low = data.reduce((least, value) => Math.min(least, score(value)), 1);
  const high = data.reduce((most, value) => Math.max(most, score(value)), -1);
  return { mean, deviation, low, high };
}

/** Colours between 0 and 1; all 0 where the scale was fitted to a field without variation. */
export function applyScale(field: Tensor, { mean, deviation, low, high }: ColourScale): Tensor {
  if (high === low) return mapValues(field, () => 0);
  return mapValues(field, (value) => (clamp((value - mean) / deviation, low, high) - low) / (high - low));
}

/** 0, 0.5 or 1, whichever is nearest; halves go to the even multiple, as IEEE rounding has it. */
function quantiseLevel(value: number): number {
  const doubled = 2 * value;
  const below = Math.floor(doubled);
  const isHalf = doubled - below === 0.5;
  return (isHalf ? below + (below % 2) : Math.round(doubled)) / 2;
}

/** Three levels of each of the three colours: 27 colours in all. */
export function quantise(colours: Tensor): Tensor {
  return mapValues(colours, quantiseLevel);
}

const LEVELS = 3;

/** The number of the colour at a pixel of one sample, channels first. */
const colourAt = (sample: Float32Array, pixel: number, pixels: number): number =>
  [0, 1, 2].reduce((code, channel) => code * LEVELS + 2 * sample[channel * pixels + pixel]!, 0);

const pixelsOf = ({ shape }: Tensor): number => shape[2]! * shape[3]!;

/** The numbers of the quantised colours that every image of a batch has. */
export function sharedColours(quantised: Tensor): readonly number[] {
  const pixels = pixelsOf(quantised);
  const palettes = Array.from({ length: quantised.shape[0]! }, (_, n) => {
    const sample = sampleData(quantised, n);
    return new Set(Array.from({ length: pixels }, (__, pixel) => colourAt(sample, pixel, pixels)));
  });
  const [first = new Set<number>(), ...others] = palettes;
  return [...first].filter((colour) => others.every((palette) => palette.has(colour))).toSorted((a, b) => a - b);
}

/** Blackens the pixels whose colour is not (or, with `shared` false, is) one of the given ones. */
export function keepColours(quantised: Tensor, colours: readonly number[], shared: boolean): Tensor {
  const pixels = pixelsOf(quantised);
  const wanted = new Set(colours);
  const kept = { shape: quantised.shape, data: quantised.data.slice() };
  for (let n = 0; n < kept.shape[0]!; n++) {
    const sample = sampleData(kept, n);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (wanted.has(colourAt(sample, pixel, pixels)) === shared) continue;
      for (const channel of [0, 1, 2]) sample[channel * pixels + pixel] = 0;
    }
  }
  return kept;
}
