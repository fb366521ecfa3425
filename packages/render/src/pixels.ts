import { PellucidError } from '@pellucid/core';

/** A picture in memory: RGBA, four bytes per pixel, row-major, as in a canvas's ImageData. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Red, green and blue from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A place in a picture: pixels from the upper left corner, so that the first pixel's middle is at [0.5, 0.5]. */
export type Point = readonly [x: number, y: number];

/** A picture of one colour. @defaultValue white */
export function blank(width: number, height: number, [red, green, blue]: Rgb = [255, 255, 255]): Pixels {
  // One word per pixel, made from the bytes themselves, so that the machine's byte order does not matter.
  const pixel = new Uint32Array(Uint8ClampedArray.of(red, green, blue, 255).buffer);
  const data = new Uint8ClampedArray(new Uint32Array(width * height).fill(pixel[0]!).buffer);
  return { width, height, data };
}

/**
 * Enlarges a small picture by a whole factor, every pixel a square, so that the shorter side has at least so many pixels: a map of
 * 28 x 28 can be looked at without being smoothed. Larger pictures stay as they are.
 * @defaultValue 224 pixels
 */
export function enlarge(picture: Pixels, shorterSide = 224): Pixels {
  const factor = Math.max(1, Math.ceil(shorterSide / Math.min(picture.width, picture.height)));
  if (factor === 1) return picture;
  const [width, height] = [picture.width * factor, picture.height * factor];
  const source = new Uint32Array(picture.data.slice().buffer);
  const target = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * picture.width;
    for (let x = 0; x < width; x++) target[y * width + x] = source[row + Math.floor(x / factor)]!;
  }
  return { width, height, data: new Uint8ClampedArray(target.buffer) };
}

/** @throws SHAPE_MISMATCH when two pictures that lie over each other differ in size. */
export function assertSameSize(image: Pixels, other: { readonly width: number; readonly height: number }, what: string): void {
  if (image.width === other.width && image.height === other.height) return;
  throw new PellucidError('SHAPE_MISMATCH', {
    what,
    expected: `${image.height} x ${image.width}, that of the image`,
    actual: `${other.height} x ${other.width}`,
    help: 'Bring the values to the size of the image first, with `resample` of @pellucid/core, or enlarge both pictures alike.',
  });
}
