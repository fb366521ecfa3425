import { PellucidError } from '@pellucid/core';
import sharp, { type Sharp } from 'sharp';
import { reasonOf } from '../files/system-error.ts';
import type { ImageSize } from './preprocessing.ts';

/** How an image comes to another height and width: scaled until it covers them, the rest cut off alike on both sides; or stretched. */
export type Resize = 'cover' | 'fill';

/** What an image should become. */
export interface ReadImageOptions {
  /** Pixels. @defaultValue the image's own height */
  readonly height?: number | undefined;
  /** Pixels. @defaultValue the image's own width */
  readonly width?: number | undefined;
  /** 3 for RGB, 1 for grey. @defaultValue 3 */
  readonly channels?: 1 | 3 | undefined;
  /** @defaultValue 'cover': the aspect ratio is kept, as in the evaluation of ImageNet networks */
  readonly resize?: Resize | undefined;
  /** What messages call an image that is given as bytes. @defaultValue 'image' */
  readonly name?: string | undefined;
}

/** Pixels in memory: row-major, channels last, 0 to 255. */
export interface ImagePixels {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Larger images would need gigabytes in memory; a small file can claim to be one. */
const MOST_PIXELS = 16384 * 16384;

function explainFailure(cause: unknown, name: string): PellucidError {
  const message = reasonOf(cause);
  if (/input file is missing/i.test(message)) {
    return new PellucidError('DATA_MISSING', { what: 'the image', where: name, problem: 'there is no such file', help: 'Check the path.' }, { cause });
  }
  const [problem, help] = /pixel limit/i.test(message)
    ? [`it has more than ${MOST_PIXELS} pixels`, 'Make it smaller first.']
    : [(message.split('\n', 1)[0] ?? message).replace(/[:.\s]+$/, ''), 'Give a whole PNG, JPEG or WebP file.'];
  return new PellucidError('DATA_INVALID', { file: name, format: 'an image', problem, help }, { cause });
}

/** Opens an image, upright, without transparency (over white), in sRGB. Reading it fails when any part of it is damaged. */
export function openImage(source: string | Uint8Array, name: string): Sharp {
  if (source.length === 0) throw explainFailure('it is empty', name);
  return sharp(source, { failOn: 'warning', limitInputPixels: MOST_PIXELS, autoOrient: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb');
}

/** Height and width of an open image, upright. @throws DATA_MISSING, DATA_INVALID */
export async function imageSize(image: Sharp, name: string): Promise<ImageSize> {
  try {
    const { autoOrient } = await image.metadata();
    return [autoOrient.height, autoOrient.width];
  } catch (cause) {
    throw explainFailure(cause, name);
  }
}

/** The size at which an image just covers a target, its longer side cut to whole pixels as torchvision does. */
function coveringSize([height, width]: ImageSize, [targetHeight, targetWidth]: ImageSize): ImageSize {
  return targetHeight * width >= targetWidth * height
    ? [targetHeight, Math.floor((targetHeight * width) / height)]
    : [Math.floor((targetWidth * height) / width), targetWidth];
}

/**
 * Scales an open image to a size and cuts out the middle. The triangle filter, widened when the image shrinks, is what Pillow and
 * torchvision call bilinear.
 */
export function frame(image: Sharp, [height, width]: ImageSize, [cropHeight, cropWidth]: ImageSize): Sharp {
  return image.resize({ height, width, fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false }).extract({
    top: Math.floor((height - cropHeight) / 2),
    left: Math.floor((width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  });
}

/** Grey by the weights of ITU-R BT.601, as Pillow and torchvision convert. */
function toGrey(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!);
  return grey;
}

/** The pixels of an open image. @throws DATA_MISSING, DATA_INVALID */
export async function developImage(image: Sharp, channels: 1 | 3, name: string): Promise<ImagePixels> {
  try {
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const rgb = new Uint8Array(data.buffer, data.byteOffset, data.length);
    return { height: info.height, width: info.width, channels, data: channels === 1 ? toGrey(rgb) : rgb };
  } catch (cause) {
    throw explainFailure(cause, name);
  }
}

/**
 * Reads a PNG, JPEG or WebP image: turned upright as its EXIF data say, transparency laid over white, any colour space brought to sRGB.
 * @throws DATA_MISSING when there is no such file; DATA_INVALID when it is not an image, cut short, or too large.
 */
export async function readImage(source: string | Uint8Array, options: ReadImageOptions = {}): Promise<ImagePixels> {
  const { height, width, channels = 3, resize = 'cover' } = options;
  const name = options.name ?? (typeof source === 'string' ? source : 'image');
  let image = openImage(source, name);
  if (height !== undefined || width !== undefined) {
    const own = await imageSize(image, name);
    const target: ImageSize = [height ?? own[0], width ?? own[1]];
    image = frame(image, resize === 'fill' ? target : coveringSize(own, target), target);
  }
  return developImage(image, channels, name);
}

/**
 * Height and width of a PNG, JPEG or WebP image, turned upright as its EXIF data say; of the file only its head is read.
 * @param name - what messages call an image that is given as bytes
 * @throws DATA_MISSING when there is no such file; DATA_INVALID when it is not an image, or too large.
 */
export async function readImageSize(source: string | Uint8Array, name: string = typeof source === 'string' ? source : 'image'): Promise<ImageSize> {
  return imageSize(openImage(source, name), name);
}

/**
 * Checks that a PNG, JPEG or WebP image is whole, in less time and memory than reading it takes: a program that reads many one after the other can
 * refuse a damaged one before it starts.
 * @param name - what messages call an image that is given as bytes
 * @throws as {@link readImage}
 */
export async function checkImage(source: string | Uint8Array, name: string = typeof source === 'string' ? source : 'image'): Promise<void> {
  await developImage(openImage(source, name).resize({ width: 8, height: 8, fit: 'fill', kernel: 'nearest' }), 3, name);
}
