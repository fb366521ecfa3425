import { labelsSvg, type GridOptions, type Pixels } from '@pellucid/render';
import sharp, { type Sharp } from 'sharp';

function open({ width, height, data }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** A picture as the bytes of a PNG file. */
export function encodePng(picture: Pixels): Promise<Uint8Array> {
  return open(picture).removeAlpha().png().toBuffer();
}

/** A grid of tiles as the bytes of a PNG file, with its titles written in; the options are those that the grid was made with. */
export function encodeGridPng(picture: Pixels, tiles: readonly Pick<Pixels, 'width' | 'height'>[], options: GridOptions): Promise<Uint8Array> {
  const titles = Buffer.from(labelsSvg(tiles, options));
  return open(picture).composite([{ input: titles, top: 0, left: 0 }]).removeAlpha().png().toBuffer();
}

/** The picture in another width, its aspect kept. */
export async function scaleToWidth(picture: Pixels, width: number): Promise<Pixels> {
  const { data, info } = await open(picture).resize({ width }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
}
