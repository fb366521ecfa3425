import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { blank, colourScale, DIVERGING_SCALES, grid, heatMap, SEQUENTIAL_SCALES, visualise, type Pixels, type ScaleName, type Sign, type View } from '../src/index.ts';

/** Written by tools/reference/write_colours.py. */
interface Reference {
  readonly shares: readonly number[];
  readonly scales: Readonly<Record<string, readonly number[]>>;
  readonly height: number;
  readonly width: number;
  readonly outlierPercentile: number;
  readonly values: readonly number[];
  readonly image: readonly number[];
  readonly farFromZero: readonly { readonly scale: ScaleName; readonly low: number; readonly range: number; readonly values: readonly number[]; readonly pixels: readonly number[] }[];
  readonly pictures: readonly { readonly sign: Sign; readonly scale: ScaleName; readonly view: View; readonly pixels: readonly number[] }[];
}
const reference = JSON.parse(readFileSync(join(__dirname, 'matplotlib.json'), 'utf8')) as Reference;

const largestDifference = (ours: readonly number[], theirs: readonly number[]): number => {
  expect(ours).toHaveLength(theirs.length);
  return ours.reduce((largest, level, i) => Math.max(largest, Math.abs(level - theirs[i]!)), 0);
};
const withoutAlpha = ({ data }: Pixels): number[] => [...data].filter((_, i) => i % 4 !== 3);

const names: readonly ScaleName[] = [...SEQUENTIAL_SCALES, ...DIVERGING_SCALES];
test.each(names)("%s has matplotlib's colours", (name) => {
  const colourOf = colourScale(name);
  const value = (share: number): number => (DIVERGING_SCALES.some((diverging) => diverging === name) ? 2 * share - 1 : share);
  expect(largestDifference(reference.shares.flatMap((share) => [...colourOf(value(share))]), reference.scales[name]!)).toBeLessThanOrEqual(1);
});

test.each(reference.pictures.map((picture) => [picture.view, picture.sign, picture] as const))(
  "%s of sign %s has the pixels of Captum's picture",
  (view, sign, { scale, pixels }) => {
    const { height, width, outlierPercentile, values, image } = reference;
    const picture = blank(width, height);
    image.forEach((level, i) => (picture.data[Math.floor(i / 3) * 4 + (i % 3)] = level));
    const drawn = visualise(picture, tensor([1, 1, height, width], [...values]), 'NCHW', 0, { view, sign, scale, outlierPercentile });
    // On white, as on a page: alpha scaling is transparent.
    expect(largestDifference(withoutAlpha(grid([drawn], { gap: 0 })), pixels)).toBeLessThanOrEqual(1);
  },
);

test.each(reference.farFromZero.map((map) => [map.low, map.range, map] as const))("between %d and %d the colours are matplotlib's", (low, range, { scale, values, pixels }) => {
  const { height, width } = reference;
  const drawn = heatMap(tensor([1, 1, height, width], [...values]), 'NCHW', 0, { scale, low, range });
  expect(largestDifference(withoutAlpha(drawn), pixels)).toBeLessThanOrEqual(1);
});

test.each(['masked-image', 'alpha-scaling'] as const)('%s cannot show both signs, and an unknown view is named', (view) => {
  const map = tensor([1, 1, 1, 1], [1]);
  const refused = (options: object): void => void visualise(blank(1, 1), map, 'NCHW', 0, options);
  expect(() => refused({ view, sign: 'all' })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(view) }));
  expect(() => refused({ view, sign: 'all', low: 0, range: 2 })).not.toThrow();
  expect(() => refused({ view: 'blended' })).toThrow(expect.objectContaining({ message: expect.stringMatching(/`blended-heat-map`/) }));
});

test('zero is the middle of a diverging scale, and both sides mirror each other in it', () => {
  for (const name of DIVERGING_SCALES) {
    const colourOf = colourScale(name);
    expect(Math.min(...colourOf(0))).toBeGreaterThanOrEqual(245);
    const distance = (value: number): number => Math.hypot(...colourOf(value).map((level, channel) => level - colourOf(0)[channel]!));
    for (const side of [-1, 1]) for (let i = 1; i < 8; i++) expect(distance((side * (i + 1)) / 8)).toBeGreaterThan(distance((side * i) / 8));
  }
});
