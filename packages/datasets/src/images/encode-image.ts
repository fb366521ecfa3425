import { PellucidError } from '@pellucid/core';
import sharp, { type Sharp } from 'sharp';

/** Pixels as `@pellucid/render` draws them: red, green, blue and opacity from 0 to 255, row by row. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** How a picture becomes a file. */
export interface EncodePngOptions {
  /** What is seen through transparent places, such as `'white'`. @defaultValue they stay transparent */
  readonly background?: string | undefined;
}

function open({ width, height, data }: RgbaPixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** A picture as the bytes of a PNG file. */
export function encodePng(picture: RgbaPixels, { background }: EncodePngOptions = {}): Promise<Uint8Array> {
  const image = open(picture);
  return (background === undefined ? image : image.flatten({ background })).png().toBuffer();
}

/** The picture in another width, its aspect kept. */
export async function scaleToWidth(picture: RgbaPixels, width: number): Promise<RgbaPixels> {
  const { data, info } = await open(picture).resize({ width }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
}

/** Files of moving pictures: WebP without loss, GIF in at most 256 colours a frame. */
export type AnimationFormat = 'webp' | 'gif';

/**
 * Frames of one size as the bytes of an animation that runs forever; transparency is left out.
 * @param delays - milliseconds of each frame
 * @throws REQUEST_INVALID where there is no frame, sizes differ, or a frame has no delay
 */
export function encodeAnimation(frames: readonly RgbaPixels[], delays: readonly number[], format: AnimationFormat): Promise<Uint8Array> {
  const refuse = (problem: string, help: string): never => {
    throw new PellucidError('REQUEST_INVALID', { action: 'encode an animation', problem, help });
  };
  const [first] = frames;
  if (first === undefined) return refuse('there is no frame', 'Give at least one.');
  const { width, height } = first;
  const odd = frames.findIndex((frame) => frame.width !== width || frame.height !== height);
  if (odd > 0) refuse(`frame ${odd} has ${frames[odd]!.width} x ${frames[odd]!.height} pixels, frame 0 ${width} x ${height}`, 'Give frames of one size.');
  if (delays.length !== frames.length) refuse(`there are ${delays.length} delays for ${frames.length} frames`, 'Give one for each.');
  const data = new Uint8ClampedArray(first.data.length * frames.length);
  frames.forEach((frame, i) => {
    data.set(frame.data, i * first.data.length);
  });
  const strip = sharp(data, { raw: { width, height: height * frames.length, channels: 4, pageHeight: height } }).removeAlpha();
  const timing = { delay: [...delays], loop: 0 };
  return (format === 'webp' ? strip.webp({ lossless: true, ...timing }) : strip.gif(timing)).toBuffer();
}
