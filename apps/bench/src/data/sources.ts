import { resolve } from 'node:path';
import { batchSize, PellucidError, suggestNames, type LabelledImages } from '@pellucid/core';
import { DATASETS, loadDataset, PUBLICATIONS, type Publication, type Split } from '@pellucid/datasets';
import type { DataSource } from '../configuration/configuration.ts';

/** The set that the project draws itself, for which the zoo has trained networks. */
export const EMBEDDED = 'shapes';

/** A data set by its name, with how much of it is used. */
export interface SourceChoice {
  readonly name: string;
  readonly trainImages: number;
  readonly testImages: number;
}

/** Where a set can be had that is not there. */
function whereToGet(name: string): string {
  const publication = new Map<string, Publication>(Object.entries(PUBLICATIONS)).get(name);
  if (publication === undefined) return '';
  const urls = publication.files.map(({ url }) => url).join(', ');
  return `\`pellucid-bench data fetch ${name}\` gets them from ${urls}. The embedded set needs none: \`--dataset ${EMBEDDED}\`.`;
}

/**
 * Where the images of a data set come from.
 * @param dataDir - folder with its files, or with a subfolder of its name
 * @throws METHOD_UNKNOWN for a set of another name; CONFIGURATION_INVALID when its folder was not named.
 */
export function findSource({ name, trainImages, testImages }: SourceChoice, dataDir: string | undefined, folder: string): DataSource {
  const known: readonly string[] = DATASETS;
  if (!known.includes(name)) throw new PellucidError('METHOD_UNKNOWN', { kind: 'data set', name, help: suggestNames(name, known, known.length) });
  if (name === EMBEDDED) return { name, directory: null, trainImages, testImages };
  if (dataDir === undefined) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of the data set',
      problem: `\`${name}\` needs the folder with its files`,
      help: `Name it with \`--data-dir\`. ${whereToGet(name)}`,
    });
  }
  return { name, directory: resolve(folder, dataDir), trainImages, testImages };
}

/** Refuses a data folder that no data set reads. @throws CONFIGURATION_INVALID. */
export function checkDataDir(sources: readonly DataSource[], dataDir: string | undefined): void {
  if (dataDir === undefined || sources.some(({ directory }) => directory !== null)) return;
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: 'of the data set',
    problem: 'the embedded set is drawn by the program and reads no folder',
    help: 'Leave `--data-dir` out, or name a set of files with `--dataset`.',
  });
}

/** Reads the images of a split: at most as many as the source says. @throws DATA_MISSING, DATA_INVALID. */
export async function loadImages({ name, directory, trainImages, testImages }: DataSource, split: Split): Promise<LabelledImages> {
  return loadDataset(name, directory ?? '', { split, count: split === 'train' ? trainImages : testImages });
}

/**
 * Reads every image that a run will ask for, so that a file that is missing or cut short is found before anything is written.
 * @returns the source with as many images as there are
 * @throws DATA_MISSING, DATA_INVALID.
 */
export async function probeSource(source: DataSource): Promise<DataSource> {
  // The embedded set is made, not read: nothing can be wrong with the rest of it.
  if (source.name === EMBEDDED) return source;
  const count = async (split: Split): Promise<number> => batchSize((await loadImages(source, split)).images);
  return { ...source, trainImages: await count('train'), testImages: await count('test') };
}
