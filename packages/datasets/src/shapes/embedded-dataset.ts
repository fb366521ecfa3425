import { choiceOption, integerOption, randomStream, resolveOptions, zeros, type LabelledImages } from '@pellucid/core';
import { paintClutter, SIDE, type Canvas } from './clutter.ts';
import { FIGURES } from './figures.ts';
import { paintObject } from './object.ts';

/** Which images of a data set: those to train on, or those to judge by. */
export type Split = 'train' | 'test';

/** Options of the embedded set. */
export interface EmbeddedDatasetOptions {
  readonly split: Split;
  /** Number of images; image i does not depend on it. @defaultValue 1,200 to train on, 400 to test on */
  readonly count?: number | undefined;
  /** Another seed gives another set of the same kind. @defaultValue 0 */
  readonly seed?: number | undefined;
}

interface Resolved {
  readonly split: Split;
  readonly count: number;
  readonly seed: number;
}

/** Half the width of the uniform noise of each pixel and channel. */
const NOISE = 0.05;
const LEVELS = 255;

/** Class indices in rounds: each class once per round, in random order. Every beginning of the set is balanced. */
function drawLabels(split: Split, count: number, seed: number): Int32Array {
  const classes = FIGURES.length;
  const labels = new Int32Array(count);
  for (let start = 0; start < count; start += classes) {
    const order = randomStream(seed, 'shapes', split, 'round', start / classes).permutation(classes);
    labels.set(order.slice(0, count - start), start);
  }
  return labels;
}

/** Adds noise, clips to 0..1 and rounds to the 256 levels of an image file. */
function develop(canvas: Canvas, bits: () => number, image: Float32Array): void {
  const { floor, max, min } = Math;
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const word = bits();
    for (let channel = 0; channel < 3; channel++) {
      const noise = (((word >>> (10 * channel)) & 1023) / 511.5 - 1) * NOISE;
      const value = min(1, max(0, canvas[pixel * 3 + channel]! + noise));
      image[pixel * 3 + channel] = floor(value * LEVELS + 0.5) / LEVELS;
    }
  }
}

/**
 * The set that comes with the project, drawn by its own seeded generator: textured figures on clutter, 32 x 32 RGB (NHWC, values 0 to 1
 * in steps of 1/255), with the mask of each object. Outline and texture tell the class; colour, size, place and clutter do not.
 * Equal options give equal bits on every platform.
 * @throws OPTION_INVALID
 */
export function embeddedDataset(options: EmbeddedDatasetOptions): LabelledImages {
  const specs = {
    split: choiceOption(['train', 'test'], 'train', 'Which images.'),
    count: integerOption(options.split === 'test' ? 400 : 1200, 1, 'Number of images.'),
    seed: integerOption(0, 0, 'Another seed gives another set of the same kind.'),
  };
  const { split, count, seed } = resolveOptions<Resolved>('shapes', specs, options as Partial<Resolved>);
  const images = zeros([count, SIDE, SIDE, 3]);
  const masks = zeros([count, SIDE, SIDE]);
  const labels = drawLabels(split, count, seed);
  const size = SIDE * SIDE;
  labels.forEach((label, i) => {
    const stream = randomStream(seed, 'shapes', split, 'image', i);
    const canvas = new Float64Array(size * 3);
    paintClutter(canvas, stream);
    paintObject(canvas, masks.data.subarray(i * size, (i + 1) * size), FIGURES[label]!, stream);
    develop(canvas, stream.bits, images.data.subarray(i * size * 3, (i + 1) * size * 3));
  });
  return { name: 'shapes', images, layout: 'NHWC', labels, classNames: FIGURES.map(({ name }) => name), masks };
}
