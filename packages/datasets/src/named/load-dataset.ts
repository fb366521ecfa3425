import { PellucidError, suggestNames, type LabelledImages } from '@pellucid/core';
import { join } from 'node:path';
import { readCifar10 } from '../cifar/read-cifar10.ts';
import { readIdxDataset } from '../idx/idx-dataset.ts';
import { embeddedDataset, type Split } from '../shapes/embedded-dataset.ts';
import { readSvhn } from '../svhn/read-svhn.ts';
import { locate } from './locate.ts';

/** Which part of a data set, and how much of it. */
export interface LoadDatasetOptions {
  readonly split: Split;
  /** At most so many images, the first ones. @defaultValue all that are there; 1,200 or 400 of the embedded set */
  readonly count?: number | undefined;
}

/** The data sets that have a name. */
export const DATASETS = ['cifar10', 'fashion-mnist', 'mnist', 'shapes', 'svhn'] as const;

/** The name of a data set. */
export type DatasetName = (typeof DATASETS)[number];

const DIGITS: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const CLOTHES: readonly string[] = [
  'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
];

async function loadIdx(name: string, classNames: readonly string[], folders: readonly string[], { split, count }: LoadDatasetOptions): Promise<LabelledImages> {
  const part = split === 'train' ? 'train' : 't10k';
  // A part of the set may say so in its name: t10k-first1000-images-idx3-ubyte.gz.
  const find = async (content: 'images' | 'labels', rank: number): Promise<string> => {
    const paths = await locate(
      name,
      `${content} (${split})`,
      folders,
      [new RegExp(`^${part}-${content}[-.]idx${rank}-ubyte(\\.gz)?$`), new RegExp(`^${part}-\\w+-${content}[-.]idx${rank}-ubyte(\\.gz)?$`)],
      [`${part}-${content}-idx${rank}-ubyte[.gz]`, `${part}-*-${content}-idx${rank}-ubyte[.gz]`],
    );
    return paths[0]!;
  };
  return readIdxDataset(name, { images: await find('images', 3), labels: await find('labels', 1) }, classNames, { count });
}

async function loadCifar10(folders: readonly string[], { split, count }: LoadDatasetOptions): Promise<LabelledImages> {
  const [patterns, names] =
    split === 'train'
      ? [[/^data_batch_\d+\.bin(\.gz)?$/, /_train_batch\.bin(\.gz)?$/], ['data_batch_1.bin[.gz]', '*_train_batch.bin[.gz]']]
      : [[/^test_batch\.bin(\.gz)?$/, /_test_batch\.bin(\.gz)?$/], ['test_batch.bin[.gz]', '*_test_batch.bin[.gz]']];
  return readCifar10(await locate('cifar10', `images (${split})`, folders, patterns, names), { count });
}

async function loadSvhn(folders: readonly string[], { split, count }: LoadDatasetOptions): Promise<LabelledImages> {
  const [path = ''] = await locate('svhn', `images (${split})`, folders, [new RegExp(`^${split}_32x32\\.mat$`)], [`${split}_32x32.mat`]);
  return readSvhn(path, { count });
}

const LOADERS: Readonly<Record<DatasetName, (folder: string, options: LoadDatasetOptions) => Promise<LabelledImages>>> = {
  cifar10: (folder, options) => loadCifar10([join(folder, 'cifar10'), join(folder, 'cifar-10-batches-bin'), folder], options),
  'fashion-mnist': (folder, options) => loadIdx('fashion-mnist', CLOTHES, [join(folder, 'fashion-mnist'), folder], options),
  mnist: (folder, options) => loadIdx('mnist', DIGITS, [join(folder, 'mnist'), folder], options),
  svhn: (folder, options) => loadSvhn([join(folder, 'svhn'), folder], options),
  shapes: async (_, { split, count }) => embeddedDataset({ split, count }),
};

/**
 * Loads a data set by its name, from files of the usual names in the data folder or in a subfolder named after the set; `shapes` needs
 * none. Images are NHWC, values 0 to 1.
 * @throws METHOD_UNKNOWN for another name; DATA_MISSING with what was looked for; DATA_INVALID.
 */
export async function loadDataset(name: string, dataDir: string, options: LoadDatasetOptions): Promise<LabelledImages> {
  const known = DATASETS.find((candidate) => candidate === name);
  if (known === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind: 'data set', name, help: suggestNames(name, DATASETS) });
  return LOADERS[known](dataDir, options);
}
