import { GLYPHS, UNITS_PER_EM } from '../font/glyphs.ts';
import type { Pixels, Point, Rgb } from '../pixels.ts';
import { fillOutlines } from './fill-outline.ts';

/** Drawn for a letter that the font does not have. */
const UNKNOWN = '□';
/** Points on each curve: at 40 pixels none is more than a hundredth of a pixel off. */
const CURVE_STEPS = 5;

const glyphOf = (letter: string): readonly [advance: number, path: string] => GLYPHS[Object.hasOwn(GLYPHS, letter) ? letter : UNKNOWN]!;

/** Letters as the font has them: accents joined to their letters, other kinds of space as spaces. */
const lettersOf = (text: string): string[] => [...text.normalize('NFC').replace(/\s+/g, ' ')];

/** How wide a text is drawn, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  return lettersOf(text).reduce((width, letter) => width + (glyphOf(letter)[0] * fontSize) / UNITS_PER_EM, 0);
}

/** The text, or as much of it as is no wider than `width`, with an ellipsis at its end. */
export function fitText(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const letters = lettersOf(text);
  while (letters.length > 0 && textWidth(`${letters.join('').trimEnd()}…`, fontSize) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** Breaks a text into lines no wider than `width`; a longer word is cut. */
export function wrapText(text: string, width: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const word of lettersOf(text).join('').trim().split(' ')) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && textWidth(longer, fontSize) <= width) lines[lines.length - 1] = longer;
    else lines.push(fitText(word, width, fontSize));
  }
  return lines.filter((line) => line !== '');
}

/** The closed outlines of a glyph in font units; curves as short lines. Paths hold M, L, H, V, Q and Z, with absolute positions. */
function outlinesOf(path: string): Point[][] {
  const outlines: Point[][] = [];
  let [x, y] = [0, 0];
  for (const [, command = '', rest = ''] of path.matchAll(/([MLHVQZ])([^MLHVQZ]*)/g)) {
    const numbers = (rest.match(/-?\d+/g) ?? []).map(Number);
    const outline = command === 'M' ? [] : (outlines.at(-1) ?? []);
    if (command === 'M') outlines.push(outline);
    const size = { M: 2, L: 2, H: 1, V: 1, Q: 4 }[command] ?? 1;
    for (let i = 0; i + size <= numbers.length; i += size) {
      const [a = 0, b = 0, c = 0, d = 0] = numbers.slice(i, i + size);
      if (command === 'Q') {
        for (let step = 1; step <= CURVE_STEPS; step++) {
          const t = step / CURVE_STEPS;
          outline.push([(1 - t) ** 2 * x + 2 * t * (1 - t) * a + t * t * c, (1 - t) ** 2 * y + 2 * t * (1 - t) * b + t * t * d]);
        }
        [x, y] = [c, d];
      } else {
        [x, y] = command === 'H' ? [a, y] : command === 'V' ? [x, a] : [a, b];
        outline.push([x, y]);
      }
    }
  }
  return outlines;
}

/** Draws a text whose letters begin at `x` and stand on the line `y`. Changes the picture. */
export function drawText(picture: Pixels, text: string, [x, y]: Point, fontSize: number, colour: Rgb): void {
  const scale = fontSize / UNITS_PER_EM;
  let start = x;
  for (const letter of lettersOf(text)) {
    const [advance, path] = glyphOf(letter);
    fillOutlines(picture, outlinesOf(path).map((outline) => outline.map(([dx, dy]): Point => [start + dx * scale, y + dy * scale])), colour);
    start += advance * scale;
  }
}
