import { existsSync, readFileSync } from 'node:fs';
import { batchSize, decodeNpy, type Layout, type Tensor } from '@pellucid/core';
import { encodePng } from '@pellucid/datasets';
import { heatMap, imagePixels, overlay, type Pixels } from '@pellucid/render';
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

/** Pictures of the first samples of a run for one network, with the maps of each method on one backend. */
export async function makeExamples(out: string, dataset: string, model: string, methods: readonly string[], backend: string, seed: number, count: number): Promise<Example[]> {
  const inputs = readInputs(out, dataset, seed);
  if (inputs === null) return [];
  const { images, layout, labels, classNames } = inputs;
  const stored = methods.map((method) => readMaps(FILES.maps(out, dataset, model, method, backend, seed)));
  const samples = Array.from({ length: Math.min(count, batchSize(images)) }, (_, sample) => sample);
  return Promise.all(
    samples.map(async (sample) => {
      const image = imagePixels(images, layout, sample, { min: 0, max: 1 });
      const draw = (maps: (typeof stored)[number]): Promise<string> | null => {
        if (maps === null || batchSize(maps.values) <= sample) return null;
        return dataUrl(overlay(image, heatMap(maps.values, maps.layout, sample, { opacity: 'magnitude' }), { alpha: 0.9 }));
      };
      return { className: classNames[labels[sample]!] ?? '', image: await dataUrl(image), maps: await Promise.all(stored.map(draw)) };
    }),
  );
}
