import { formatShape, type LabelledImages } from '@pellucid/core';
import { invalid } from '../files/byte-source.ts';
import type { ReadOptions } from '../idx/read-idx.ts';
import { readMatArray } from './read-mat.ts';

const FORMAT = 'SVHN';

/**
 * Reads the cropped digits of SVHN, a MATLAB 5 file with images `X` [height, width, channels, N] and labels `y` [N, 1], as [N, height, width, channels],
 * values 0 to 1. The label 10 stands for the digit 0.
 * @see {@link http://ufldl.stanford.edu/housenumbers | Netzer et al. 2011}
 * @throws DATA_MISSING; DATA_INVALID when the file is damaged, an array is missing, or both do not fit together.
 */
export async function readSvhn(path: string, { count = Infinity }: ReadOptions = {}): Promise<LabelledImages> {
  const labels = await readMatArray(path, 'y');
  const stated = labels.values.length;
  const used = Math.min(stated, count);
  const pixels = await readMatArray(path, 'X', { most: 32 * 32 * 3 * used });
  const [height = 0, width = 0, channels = 0, images = 1] = pixels.shape;
  if (height !== 32 || width !== 32 || channels !== 3 || images !== stated) {
    throw invalid(path, FORMAT, `\`X\` has shape ${formatShape(pixels.shape)} where [32, 32, 3, ${stated}] fits the ${stated} labels`);
  }
  const digits = Int32Array.from({ length: used }, (_, i) => labels.values[i]! % 10);
  const wrong = digits.findIndex((digit, i) => !Number.isInteger(digit) || labels.values[i]! < 1 || labels.values[i]! > 10);
  if (wrong >= 0) throw invalid(path, FORMAT, `label ${wrong} is ${labels.values[wrong]!}, but the labels are 1 to 10`);
  const plane = height * width;
  const data = new Float32Array(used * plane * channels);
  for (let i = 0; i < data.length; i++) {
    // From [N][channel][column][row], rows running fastest, to [N][row][column][channel].
    const row = i % height;
    const column = Math.floor(i / height) % width;
    const channel = Math.floor(i / plane) % channels;
    const image = Math.floor(i / (plane * channels));
    data[((image * height + row) * width + column) * channels + channel] = pixels.values[i]! / 255;
  }
  const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));
  return { name: 'svhn', images: { shape: [used, height, width, channels], data }, layout: 'NHWC', labels: digits, classNames };
}
