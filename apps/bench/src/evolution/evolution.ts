import { batchSize, decodeNpy, sampleData, type Tensor } from '@pellucid/core';
import { encodeAnimation, encodePng } from '@pellucid/datasets';
import { importanceOfMaps } from '@pellucid/metrics';
import { areFarFromZero, enlarge, evolution, farEnds, figurePixels, grid, heatMap, type MapSample, type Pixels } from '@pellucid/render';
import { readFileSync } from 'node:fs';
import { writeWhole } from '@pellucid/files';
import { similarity, type Plane, type Similarity } from './similarity.ts';

/** An epoch of a training, and how its map differs from that of the epoch before. */
export interface EpochChange extends Similarity {
  /** From 1: the second epoch. */
  readonly epoch: number;
}

const MILLISECONDS = 500;
const SHOWN = { sign: 'absolute' } as const;

const samplesOf = (maps: Tensor): MapSample[] => Array.from({ length: batchSize(maps) }, (_, sample) => ({ values: maps, layout: 'NHWC', sample }));

/** The map of an epoch, channels added up. */
function planeOf(maps: Tensor, epoch: number): Plane {
  const [, ...shape] = maps.shape;
  return importanceOfMaps({ shape: [1, ...shape], data: sampleData(maps, epoch) }, 'NHWC');
}

/** How alike the maps of consecutive epochs are, over the range of all of them. */
export function changesOf(maps: Tensor): readonly EpochChange[] {
  const planes = Array.from({ length: batchSize(maps) }, (_, epoch) => planeOf(maps, epoch));
  const all = planes.flatMap(({ values }) => [...Array.from(values)]);
  const range = all.reduce((a, b) => Math.max(a, b), -Infinity) - all.reduce((a, b) => Math.min(a, b), Infinity) || 1;
  return planes.slice(1).map((plane, i) => ({ epoch: i + 1, ...similarity(planes[i]!, plane, range) }));
}

function animation(maps: Tensor): Promise<Uint8Array> {
  const epochs = Array.from({ length: batchSize(maps) }, (_, epoch) => epoch);
  const moments = epochs.map((epoch) => ({ values: { shape: [1, ...maps.shape.slice(1)], data: sampleData(maps, epoch) }, layout: 'NHWC' as const, label: `epoch ${epoch}` }));
  const samples = samplesOf(maps);
  const ends = areFarFromZero(samples, SHOWN) ? farEnds(samples, SHOWN) : undefined;
  const frames = evolution(moments, { ...SHOWN, ...ends }).frames.map((frame) => figurePixels(frame));
  return encodeAnimation(frames, epochs.map(() => MILLISECONDS), 'webp');
}

/**
 * Writes how the maps that a training recorded go over its epochs: `<file>.png` is the last one, `<file>.epochs.png` all of them row by row,
 * `<file>.webp` an animation, `<file>.json` how alike consecutive ones are.
 */
export async function writeEvolution(file: string): Promise<void> {
  const maps = decodeNpy(readFileSync(`${file}.npy`), `${file}.npy`);
  const epochs = batchSize(maps);
  const samples = samplesOf(maps);
  const isFarFromZero = areFarFromZero(samples, SHOWN);
  const picture = (epoch: number, side: number): Pixels =>
    enlarge(heatMap(maps, 'NHWC', epoch, { ...SHOWN, ...(isFarFromZero && farEnds([samples[epoch]!], SHOWN)) }), side);
  writeWhole(`${file}.png`, await encodePng(picture(epochs - 1, 224)));
  writeWhole(`${file}.epochs.png`, await encodePng(grid(Array.from({ length: epochs }, (_, epoch) => picture(epoch, 112)), { gap: 4 })));
  writeWhole(`${file}.webp`, await animation(maps));
  writeWhole(`${file}.json`, `${JSON.stringify({ changes: changesOf(maps) }, null, 2)}\n`);
}
