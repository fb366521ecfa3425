import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { LEAST_SHARE, regionsOf, scaledPicture } from './segmentation/regions.ts';
import { felzenszwalb, pixelGraph } from './segmentation/felzenszwalb.ts';
import { blurPicture } from './segmentation/picture.ts';
import { rankFast, rankFull } from './rank-regions.ts';

/** What `tools/reference/write_xrai.py` wrote: segments of scikit-image 0.26, maps of the authors' package `saliency` 0.2.1. */
interface Reference {
  readonly segments: Readonly<Record<string, string>>;
  readonly maps: Readonly<Record<string, { readonly values: readonly number[]; readonly places: string }>>;
}

const { segments, maps } = JSON.parse(readFileSync(join(__dirname, '../test/reference.json'), 'utf8')) as Reference;
const numbers = (packed: string): number[] => [...inflateSync(Buffer.from(packed, 'base64'))];

const SIDE = 224;
const noise = (x: number, y: number, c: number): number =>
  Math.imul(Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(c, 83492791), 2654435761) >>> 24;

/** Blocks of colour with a slope and noise. */
const image = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [c, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
  const block = (Math.floor(x / 37) * 5 + Math.floor(y / 41) * 3 + c * 7) % 8;
  return (block * 96 + Math.floor(x / 4) + (noise(x, y, c) >> 2)) / 1024;
});

/** A blob on noise, the greatest of three channels. */
const attribution = Float64Array.from({ length: SIDE * SIDE }, (_, p) => {
  const [y, x] = [Math.floor(p / SIDE), p % SIDE];
  const blob = Math.max(0, 60 - Math.abs(x - 120) - Math.abs(y - 90));
  return Math.max(...[0, 1, 2].map((c) => (4 * blob + noise(x, y, c + 3) - 128) / 1024));
});

const SHAPE = [1, 3, SIDE, SIDE];

test.each(Object.keys(segments))('segments as scikit-image does at the scale %s', (scale) => {
  const graph = pixelGraph(blurPicture(scaledPicture(image, SHAPE, 'NCHW'), 0.8));
  expect([...felzenszwalb(graph, Number(scale), 150)]).toEqual(numbers(segments[scale] ?? ''));
});

const regions = regionsOf(image, SHAPE, 'NCHW');
const ranking = { attribution, regions, leastPixels: Math.round(LEAST_SHARE * SIDE ** 2) };

test.each([
  ['full', rankFull(ranking, 1)],
  ['part', rankFull(ranking, 0.3)],
  ['fast', rankFast(ranking)],
])('from the same attribution, gives every pixel what the authors\' package gives it: %s', (name, map) => {
  const { values, places } = maps[name]!;
  const expected = numbers(places).map((place) => values[place] ?? NaN);
  const difference = map.reduce((most, value, p) => Math.max(most, Math.abs(value - expected[p]!)), 0);
  expect(difference).toBeLessThan(1e-12);
});
