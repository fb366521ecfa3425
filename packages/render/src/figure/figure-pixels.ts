import { PellucidError } from '@pellucid/core';
import { strokeLines } from '../drawing/fill-outline.ts';
import { drawText, textWidth } from '../drawing/text.ts';
import { blank, enlarge, type Pixels, type Point } from '../pixels.ts';
import type { Figure, FigurePicture, FigureText } from './figure.ts';

/** How a figure becomes pixels. */
export interface FigurePixelsOptions {
  /** Pixels per unit of the figure, a whole number: 2 or 3 for print. @defaultValue 1 */
  readonly ratio?: number | undefined;
}

/** Lays a picture on another; transparent pixels show what lies below. */
export function placePicture(target: Pixels, { picture, x, y }: FigurePicture): void {
  for (let pixel = 0; pixel < picture.width * picture.height; pixel++) {
    const column = pixel % picture.width;
    const to = ((y + (pixel - column) / picture.width) * target.width + x + column) * 4;
    const share = picture.data[pixel * 4 + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) {
      target.data[to + channel] = target.data[to + channel]! * (1 - share) + picture.data[pixel * 4 + channel]! * share;
    }
  }
}

function startOf({ x, text, fontSize, anchor }: FigureText, ratio: number): number {
  const width = textWidth(text, fontSize * ratio);
  return x * ratio - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
}

/**
 * A figure as pixels, text and lines included. Text is drawn from outlines that the package brings along: it looks the same everywhere and needs no
 * font. Letters that it does not have (it has those of Western European languages and some Greek ones) become boxes.
 * @throws OPTION_INVALID
 */
export function figurePixels({ width, height, background, ink, items }: Figure, { ratio = 1 }: FigurePixelsOptions = {}): Pixels {
  if (!Number.isSafeInteger(ratio) || ratio < 1) {
    throw new PellucidError('OPTION_INVALID', { option: 'ratio', name: 'figurePixels', expected: 'a whole number from 1', actual: ratio });
  }
  const target = blank(width * ratio, height * ratio, background);
  for (const item of items) {
    if (item.kind === 'picture') {
      const picture = enlarge(item.picture, Math.min(item.picture.width, item.picture.height) * ratio);
      placePicture(target, { ...item, picture, x: item.x * ratio, y: item.y * ratio });
    } else if (item.kind === 'lines') {
      const lines = item.lines.map((line) => line.map(([x, y]): Point => [x * ratio, y * ratio]));
      strokeLines(target, lines, item.colour, item.width * ratio);
    } else {
      drawText(target, item.text, [startOf(item, ratio), item.y * ratio], item.fontSize * ratio, ink);
    }
  }
  return target;
}
