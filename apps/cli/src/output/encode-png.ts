import { figurePixels, figureSvg, type Figure, type Pixels } from '@pellucid/render';
import sharp, { type Sharp } from 'sharp';

function open({ width, height, data }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** A picture as the bytes of a PNG file; transparent places are white. */
export function encodePng(picture: Pixels): Promise<Uint8Array> {
  return open(picture).flatten({ background: 'white' }).png().toBuffer();
}

/** A figure as an SVG file that needs no other. */
export function encodeSvg(figure: Figure): Promise<string> {
  return figureSvg(figure, async (picture) => `data:image/png;base64,${(await open(picture).png().toBuffer()).toString('base64')}`);
}

/** The picture in another width, its aspect kept. */
export async function scaleToWidth(picture: Pixels, width: number): Promise<Pixels> {
  const { data, info } = await open(picture).resize({ width }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
}

/** An animation as the bytes of a file of each kind: WebP without loss, and GIF in at most 256 colours a frame. */
export interface EncodedAnimation {
  readonly webp: Uint8Array;
  readonly gif: Uint8Array;
}

/** Frames of one size as an animation that runs forever, `delay` milliseconds a frame and three times as long on the last. */
export async function encodeAnimation(frames: readonly Figure[], delay: number): Promise<EncodedAnimation> {
  const pictures = frames.map((frame) => figurePixels(frame));
  const { width, height } = pictures[0]!;
  const data = new Uint8ClampedArray(width * height * 4 * pictures.length);
  pictures.forEach((picture, i) => {
    data.set(picture.data, i * width * height * 4);
  });
  const delays = pictures.map((_, i) => (i === pictures.length - 1 ? 3 * delay : delay));
  const strip = sharp(data, { raw: { width, height: height * pictures.length, channels: 4, pageHeight: height } }).removeAlpha();
  const webp = await strip.clone().webp({ lossless: true, delay: delays, loop: 0 }).toBuffer();
  return { webp, gif: await strip.clone().gif({ delay: delays, loop: 0 }).toBuffer() };
}
