import { batchSize, imageGeometry, imageShape, PellucidError, randomStream, resample, sampleData, zeros, type LabelledImages, type Tensor } from '@pellucid/core';

/** Mosaics of four images, two of them of the target class. */
export interface Mosaics {
  /** Of the layout of the images. */
  readonly input: Tensor;
  readonly targets: readonly number[];
  /** 1 on the two images of the target class, shape [N, height, width]. */
  readonly masks: Tensor;
}

/** How mosaics are made. */
export interface MosaicSettings {
  readonly count: number;
  /** @defaultValue 0 */
  readonly seed?: number | undefined;
  /** Size that the mosaics are brought to, such as that of the model's input. @defaultValue twice that of the images */
  readonly size?: readonly [height: number, width: number] | undefined;
}

const PARTS = 4;

/** Four images in random places: two of a class, two of other classes. */
function drawParts(labels: ArrayLike<number>, index: number, seed: number): { readonly target: number; readonly parts: readonly number[] } {
  const stream = randomStream(seed, 'metric', 'mosaics', index);
  const all = Array.from(labels);
  const order = stream.permutation(all.length);
  const first = order.find((i) => all.filter((label) => label === all[i]).length >= 2);
  if (first === undefined) throw noMosaic('no class has two images');
  const target = all[first]!;
  const own = order.filter((i) => all[i] === target).slice(0, 2);
  const others = order.filter((i) => all[i] !== target).slice(0, 2);
  if (others.length < 2) throw noMosaic('there are less than two images of other classes');
  const places = stream.permutation(PARTS);
  return { target, parts: places.map((place) => [...own, ...others][place]!) };
}

const noMosaic = (problem: string): PellucidError =>
  new PellucidError('REQUEST_INVALID', { action: 'make mosaics', problem, help: 'Give at least two images of one class and two of others.' });

/**
 * Mosaics for `focus`: 2 x 2 images, two of them of the target class and two of other classes, drawn and placed at random by the seed.
 * @throws REQUEST_INVALID where the images do not give such fours; SHAPE_MISMATCH without height and width.
 */
export function makeMosaics({ images, labels, layout }: Pick<LabelledImages, 'images' | 'labels' | 'layout'>, { count, seed = 0, size }: MosaicSettings): Mosaics {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  if (labels.length !== batchSize(images)) throw noMosaic(`there are ${batchSize(images)} images and ${labels.length} labels`);
  const whole = zeros(imageShape(layout, count, channels, 2 * height, 2 * width));
  const large = imageGeometry(whole.shape, layout);
  const targets: number[] = [];
  const truth = zeros([count, 1, 2 * height, 2 * width]);
  for (let index = 0; index < count; index++) {
    const { target, parts } = drawParts(labels, index, seed);
    targets.push(target);
    const [mosaic, mask] = [sampleData(whole, index), sampleData(truth, index)];
    parts.forEach((part, place) => {
      const image = sampleData(images, part);
      const corner = Math.floor(place / 2) * height * 2 * width + (place % 2) * width;
      for (let pixel = 0; pixel < height * width; pixel++) {
        const at = corner + Math.floor(pixel / width) * 2 * width + (pixel % width);
        mask[at] = labels[part] === target ? 1 : 0;
        for (let channel = 0; channel < channels; channel++) {
          mosaic[channel * large.channelStride + at * large.pixelStride] = image[channel * channelStride + pixel * pixelStride]!;
        }
      }
    });
  }
  const [rows, columns] = size ?? [2 * height, 2 * width];
  return {
    input: size === undefined ? whole : resample(whole, layout, rows, columns, 'bilinear'),
    targets,
    masks: { shape: [count, rows, columns], data: resample(truth, 'NCHW', rows, columns, 'nearest').data },
  };
}
