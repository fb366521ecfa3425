import { existsSync, readFileSync } from 'node:fs';
import { batchSize, decodeNpy, type Layout, type Tensor } from '@pellucid/core';
import { encodePng } from '@pellucid/datasets';
import { areFarFromZero, farEnds, heatMap, imagePixels, overlay, type MapSample, type Pixels } from '@pellucid/render';
import { readMaps } from '../run/agreement.ts';
import { FILES } from '../store/folder.ts';

/** A picture as a data URL, for pages that load nothing. */
export async function dataUrl(picture: Pixels): Promise<string> {
  return `data:image/png;base64,${Buffer.from(await encodePng(picture)).toString('base64')}`;
}

/** The explained images of a run. */
export interface Inputs {
  readonly images: Tensor;
  readonly layout: Layout;
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
}

/** Reads the explained images; null where there are none. @throws DATA_INVALID. */
export function readInputs(out: string, dataset: string, seed: number): Inputs | null {
  const file = FILES.inputs(out, dataset, seed);
  if (!existsSync(`${file}.json`) || !existsSync(`${file}.npy`)) return null;
  const rest = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Omit<Inputs, 'images'>;
  return { ...rest, images: decodeNpy(readFileSync(`${file}.npy`), `${file}.npy`) };
}

/** One image with the maps of several methods over it; null where a method has none. */
export interface Example {
  readonly className: string;
  readonly image: string;
  readonly maps: readonly (string | null)[];
}

type StoredMaps = ReturnType<typeof readMaps>;

/** The maps of a method, and whether most that are shown are far from zero, as RISE's: they all are drawn alike. */
function inspect(maps: StoredMaps, count: number): { readonly maps: StoredMaps; readonly isFarFromZero: boolean } {
  const samples = maps === null ? [] : Array.from({ length: Math.min(count, batchSize(maps.values)) }, (_, sample): MapSample => ({ ...maps, sample }));
  return { maps, isFarFromZero: areFarFromZero(samples) };
}

/** Pictures of the first samples of a run for one network, with the maps of each method on one backend. */
export async function makeExamples(out: string, dataset: string, model: string, methods: readonly string[], backend: string, seed: number, count: number): Promise<Example[]> {
  const inputs = readInputs(out, dataset, seed);
  if (inputs === null) return [];
  const { images, layout, labels, classNames } = inputs;
  const stored = methods.map((method) => inspect(readMaps(FILES.maps(out, dataset, model, method, backend, seed)), count));
  const samples = Array.from({ length: Math.min(count, batchSize(images)) }, (_, sample) => sample);
  return Promise.all(
    samples.map(async (sample) => {
      const image = imagePixels(images, layout, sample, { min: 0, max: 1 });
      const draw = ({ maps, isFarFromZero }: (typeof stored)[number]): Promise<string> | null => {
        if (maps === null || batchSize(maps.values) <= sample) return null;
        const ends = isFarFromZero ? farEnds([{ ...maps, sample }]) : undefined;
        return dataUrl(overlay(image, heatMap(maps.values, maps.layout, sample, { opacity: 'magnitude', ...ends }), { alpha: 0.9 }));
      };
      return { className: classNames[labels[sample]!] ?? '', image: await dataUrl(image), maps: await Promise.all(stored.map(draw)) };
    }),
  );
}
