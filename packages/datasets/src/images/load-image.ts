import { axes, imageShape, PellucidError, formatShape, type Tensor, type TensorSpec } from '@pellucid/core';
import { parsePreprocessing, type ImageSize, type Preprocessing, type PreprocessingName } from './preprocessing.ts';
import { developImage, frame, imageSize, openImage, readImage, type ImagePixels } from './read-image.ts';

/** Where the tensor of an image goes: the layout of a network's input, and as far as they are known, its lengths. */
export type ImageInput = Pick<TensorSpec, 'name' | 'shape' | 'layout'>;

interface Target {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 1 | 3;
  readonly height: number | undefined;
  readonly width: number | undefined;
}

function describeTarget({ name, shape, layout }: ImageInput): Target {
  const [height, width] = axes({ layout }).spatial.map((axis) => shape[axis] ?? undefined);
  const channel = axes({ layout }).channel;
  const channels = channel === null ? undefined : (shape[channel] ?? 3);
  if ((layout !== 'NCHW' && layout !== 'NHWC') || (channels !== 1 && channels !== 3)) {
    throw new PellucidError('REQUEST_INVALID', {
      action: `give an image to the input \`${name}\``,
      problem: `its shape is ${formatShape(shape)} (${layout}), not that of images with 1 or 3 channels`,
      help: 'Give a float32 `.npy` array of that shape instead.',
    });
  }
  return { layout, channels, height, width };
}

const asSize = (value: number | ImageSize): ImageSize => (typeof value === 'number' ? [value, value] : value);

/** One number per channel. */
function perChannel(value: number | readonly number[], channels: number, field: string): readonly number[] {
  if (typeof value === 'number') return Array.from({ length: channels }, () => value);
  if (value.length === channels) return value;
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: 'of the preprocessing',
    problem: `\`${field}\` has ${value.length} values, but the network takes ${channels} ${channels === 1 ? 'channel' : 'channels'}`,
    help: `Give one number, or ${channels}.`,
  });
}

/**
 * Brings the pixels of an image into the range, channel order and layout that a network expects: a batch of one.
 * @param pixels - 1 or 3 channels, as the network takes
 * @throws CONFIGURATION_INVALID
 */
export function preprocess(
  pixels: ImagePixels,
  preprocessing: PreprocessingName | Preprocessing,
  layout: 'NCHW' | 'NHWC',
): Tensor {
  const { scale = 1 / 255, mean = 0, std = 1, order = 'RGB' } = parsePreprocessing(preprocessing, 'of the preprocessing');
  const { height, width, channels, data } = pixels;
  const means = perChannel(mean, channels, 'mean');
  const deviations = perChannel(std, channels, 'std');
  const values = new Float32Array(data.length);
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const source = order === 'BGR' ? channels - 1 - channel : channel;
    for (let pixel = 0; pixel < plane; pixel++) {
      const value = (data[pixel * channels + source]! * scale - means[channel]!) / deviations[channel]!;
      values[layout === 'NCHW' ? channel * plane + pixel : pixel * channels + channel] = value;
    }
  }
  return { shape: imageShape(layout, 1, channels, height, width), data: values };
}

/** Resizes and crops as a preprocessing says where it says so. */
async function frameImage(source: string | Uint8Array, { resize, crop }: Preprocessing, target: Target, name: string): Promise<ImagePixels> {
  const image = openImage(source, name);
  const [height, width] = await imageSize(image, name);
  const size = ([rows, columns]: ImageSize): string => `${rows} x ${columns}`;
  const shorter = Math.min(height, width);
  // The longer side is cut to whole pixels, as in torchvision's Resize.
  const scaledLength = (length: number): number => Math.floor(((typeof resize === 'number' ? resize : shorter) * length) / shorter);
  const scaled: ImageSize = typeof resize === 'object' ? resize : [scaledLength(height), scaledLength(width)];
  const cropped: ImageSize = crop === undefined ? [target.height ?? scaled[0], target.width ?? scaled[1]] : asSize(crop);
  const fail = (problem: string): never => {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of the preprocessing', problem, help: 'Choose `resize` and `crop` so that the result has the size of the input.',
    });
  };
  if (cropped[0] > scaled[0] || cropped[1] > scaled[1]) {
    fail(`after \`resize\`, ${name} has ${size(scaled)} pixels, too few to crop ${size(cropped)}`);
  }
  if ((target.height ?? cropped[0]) !== cropped[0] || (target.width ?? cropped[1]) !== cropped[1]) {
    fail(`after \`crop\`, images have ${size(cropped)} pixels, but the network takes ${target.height ?? '?'} x ${target.width ?? '?'}`);
  }
  return developImage(frame(image, scaled, cropped), target.channels, name);
}

/**
 * Reads an image as a batch of one for a network's input, grey where it takes one channel. Without `resize` and `crop` the image is
 * scaled, its aspect kept, until it covers the input, and the middle is taken; an input of free size takes the image's own.
 * @param name - what messages call an image that is given as bytes
 * @throws DATA_MISSING, DATA_INVALID, CONFIGURATION_INVALID; REQUEST_INVALID when the network does not take images.
 */
export async function loadImage(
  source: string | Uint8Array,
  input: ImageInput,
  preprocessing: PreprocessingName | Preprocessing,
  name: string = typeof source === 'string' ? source : 'image',
): Promise<Tensor> {
  const target = describeTarget(input);
  const { height, width, channels } = target;
  const checked = parsePreprocessing(preprocessing, 'of the preprocessing');
  const framed = checked.resize !== undefined || checked.crop !== undefined;
  const pixels = framed ? await frameImage(source, checked, target, name) : await readImage(source, { height, width, channels, name });
  return preprocess(pixels, checked, target.layout);
}
