import { encodeAnimation, encodePng, type RgbaPixels } from '@pellucid/datasets';
import { figurePixels, figureSvg, type Figure } from '@pellucid/render';

/** A picture as the bytes of a PNG file; transparent places are white. */
export function encodeOnWhite(picture: RgbaPixels): Promise<Uint8Array> {
  return encodePng(picture, { background: 'white' });
}

/** A figure as an SVG file that needs no other. */
export function encodeSvg(figure: Figure): Promise<string> {
  return figureSvg(figure, async (picture) => `data:image/png;base64,${Buffer.from(await encodePng(picture)).toString('base64')}`);
}

/** An animation as the bytes of a file of each kind. */
export interface EncodedAnimation {
  readonly webp: Uint8Array;
  readonly gif: Uint8Array;
}

/** Figures of one size as an animation, `delay` milliseconds a frame and three times as long on the last. */
export async function encodeFigures(figures: readonly Figure[], delay: number): Promise<EncodedAnimation> {
  const frames = figures.map((figure) => figurePixels(figure));
  const delays = frames.map((_, i) => (i === frames.length - 1 ? 3 * delay : delay));
  return { webp: await encodeAnimation(frames, delays, 'webp'), gif: await encodeAnimation(frames, delays, 'gif') };
}
