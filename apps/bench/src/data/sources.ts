import { resolve } from 'node:path';
import { PellucidError, suggestNames, type LabelledImages } from '@pellucid/core';
import { DATASETS, loadDataset, type Split } from '@pellucid/datasets';
import type { DataSource } from '../configuration/configuration.ts';
import type { Settings } from '../configuration/settings.ts';

/** The set that the project draws itself, for which the zoo has trained networks. */
export const EMBEDDED = 'shapes';

/** How many images are used unless the settings say otherwise. */
const COUNTS = { embedded: { train: 1200, test: 400 }, files: { train: 6000, test: 1000 }, quick: { train: 96, test: 48 } };

/**
 * Where the images of a run come from.
 * @throws METHOD_UNKNOWN for a set of another name; CONFIGURATION_INVALID when its folder was not named.
 */
export function findSource(settings: Settings, folder: string, quick: boolean): DataSource {
  const { dataset: name = EMBEDDED, dataDir } = settings;
  const known: readonly string[] = DATASETS;
  if (!known.includes(name)) throw new PellucidError('METHOD_UNKNOWN', { kind: 'data set', name, help: suggestNames(name, known, known.length) });
  if (name !== EMBEDDED && dataDir === undefined) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of the data set',
      problem: `\`${name}\` needs the folder with its files`,
      help: 'Name it with `--data-dir`.',
    });
  }
  if (name === EMBEDDED && dataDir !== undefined) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of the data set',
      problem: 'the embedded set is drawn by the program and reads no folder',
      help: 'Leave `--data-dir` out, or name a set of files with `--dataset`.',
    });
  }
  const counts = quick ? COUNTS.quick : name === EMBEDDED ? COUNTS.embedded : COUNTS.files;
  return {
    name,
    directory: dataDir === undefined ? null : resolve(folder, dataDir),
    trainImages: settings.trainImages ?? counts.train,
    testImages: settings.testImages ?? counts.test,
  };
}

/** Reads the images of a split: at most as many as the source says. @throws DATA_MISSING, DATA_INVALID. */
export async function loadImages({ name, directory, trainImages, testImages }: DataSource, split: Split): Promise<LabelledImages> {
  return loadDataset(name, directory ?? '', { split, count: split === 'train' ? trainImages : testImages });
}

/**
 * Reads every image that a run will ask for, so that a file that is missing or cut short is found before anything is written.
 * @throws DATA_MISSING, DATA_INVALID.
 */
export async function probeSource(source: DataSource): Promise<void> {
  // The embedded set is made, not read: nothing can be wrong with the rest of it.
  const asked = source.name === EMBEDDED ? { ...source, trainImages: 1, testImages: 1 } : source;
  await loadImages(asked, 'train');
  await loadImages(asked, 'test');
}
