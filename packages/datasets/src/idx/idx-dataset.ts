import { formatShape, type LabelledImages } from '@pellucid/core';
import { invalid } from '../files/byte-source.ts';
import { readIdx, type ReadOptions } from './read-idx.ts';

/** Images and labels in a pair of IDX files. */
export interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

/**
 * Reads grey images [N, height, width] and labels [N] as [N, height, width, 1], values 0 to 1.
 * @throws DATA_MISSING; DATA_INVALID when a file is malformed, the two differ in length, or a label has no class name.
 */
export async function readIdxDataset(
  name: string,
  files: IdxFiles,
  classNames: readonly string[],
  options: ReadOptions = {},
): Promise<LabelledImages> {
  // One entry beyond what is wanted tells whether the two files go on together.
  const limit = options.count === undefined ? {} : { count: options.count + 1 };
  const pixels = await readIdx(files.images, limit);
  const classes = await readIdx(files.labels, limit);
  const [stated, height, width] = pixels.shape;
  if (stated === undefined || height === undefined || width === undefined || pixels.shape.length !== 3) {
    throw invalid(files.images, 'IDX images', `its shape is ${formatShape(pixels.shape)}, not [images, height, width]`);
  }
  if (classes.shape.length !== 1 || classes.shape[0] !== stated) {
    throw invalid(files.labels, 'IDX labels', `its shape is ${formatShape(classes.shape)}, but there are ${stated} images in ${files.images}`);
  }
  const count = Math.min(stated, options.count ?? Infinity);
  const labels = Int32Array.from(classes.data.subarray(0, count));
  const unknown = labels.findIndex((label) => label >= classNames.length);
  if (unknown >= 0) {
    throw invalid(files.labels, 'IDX labels', `label ${unknown} is ${labels[unknown]!}, but the classes are 0 to ${classNames.length - 1}`);
  }
  const data = new Float32Array(count * height * width);
  // A loop: `Float32Array.from` with a function takes several times as long on the 47 million values of MNIST.
  for (let i = 0; i < data.length; i++) data[i] = pixels.data[i]! / 255;
  return { name, images: { shape: [count, height, width, 1], data }, layout: 'NHWC', labels, classNames };
}
