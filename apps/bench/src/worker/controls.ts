import {
  batchSize, hashValues, imageGeometry, imageShape, orderByChannel, randomStream, sampleData, zeros, type Layout, type Tensor,
} from '@pellucid/core';
import { sobelMagnitude } from '@pellucid/metrics';

type SpatialLayout = Extract<Layout, 'NCHW' | 'NHWC'>;
type Control = (images: Tensor, layout: SpatialLayout, seed: number) => Tensor;

/** Fills maps of one channel: a value per sample and pixel. */
function fill(images: Tensor, layout: SpatialLayout, write: (sample: number, map: Float32Array) => void): Tensor {
  const { height, width } = imageGeometry(images.shape, layout);
  const maps = zeros(imageShape(layout, batchSize(images), 1, height, width));
  for (let sample = 0; sample < batchSize(images); sample++) write(sample, sampleData(maps, sample));
  return maps;
}

/** Uniform noise, which the values of the image decide, not its place or its layout. */
const random: Control = (images, layout, seed) =>
  fill(images, layout, (sample, map) => {
    const { uniform } = randomStream(seed, 'bench', 'control-random', hashValues(orderByChannel(sampleData(images, sample), images.shape, layout)));
    for (let i = 0; i < map.length; i++) map[i] = uniform();
  });

/** The strength of edges. */
const edges: Control = (images, layout) => sobelMagnitude(images, layout);

/** The sum of the magnitudes of a pixel's channels. */
const inputMagnitude: Control = (images, layout) => {
  const { channels, channelStride, pixelStride } = imageGeometry(images.shape, layout);
  return fill(images, layout, (sample, map) => {
    const image = sampleData(images, sample);
    for (let pixel = 0; pixel < map.length; pixel++) {
      for (let channel = 0; channel < channels; channel++) map[pixel]! += Math.abs(image[pixel * pixelStride + channel * channelStride]!);
    }
  });
};

/** A bump in the middle, a quarter of the side wide: photographers put the object there. */
const centrePrior: Control = (images, layout) => {
  const { height, width } = imageGeometry(images.shape, layout);
  const distance = (at: number, length: number): number => (at + 0.5 - length / 2) / (length / 4);
  return fill(images, layout, (_, map) => {
    for (let pixel = 0; pixel < map.length; pixel++) {
      const [dy, dx] = [distance(Math.floor(pixel / width), height), distance(pixel % width, width)];
      map[pixel] = Math.exp(-(dy * dy + dx * dx) / 2);
    }
  });
};

/** The same value everywhere. */
const constant: Control = (images, layout) => fill(images, layout, (_, map) => map.fill(1));

const CONTROL_MAPS: Readonly<Record<string, Control>> = { random, edges, 'input-magnitude': inputMagnitude, 'centre-prior': centrePrior, constant };

/** Maps of one channel that know nothing of the model. */
export function controlMaps(name: string, images: Tensor, layout: SpatialLayout, seed: number): Tensor {
  const control = CONTROL_MAPS[name];
  if (control === undefined) throw new Error(`internal: unknown control ${name}`);
  return control(images, layout, seed);
}
