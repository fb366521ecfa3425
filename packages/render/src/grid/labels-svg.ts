import { layoutGrid, type GridOptions } from './layout-grid.ts';
import type { Pixels } from '../pixels.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** Mean width of a letter in the usual sans-serif fonts, in font sizes; on the wide side, so that neighbours do not touch. */
const LETTER_WIDTH = 0.58;

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

/** Cuts a text that would be wider than its place. */
function fit(text: string, width: number, fontSize: number): string {
  const letters = Math.max(1, Math.floor(width / (fontSize * LETTER_WIDTH)));
  const characters = [...text];
  return characters.length <= letters ? text : `${characters.slice(0, Math.max(0, letters - 1)).join('').trimEnd()}…`;
}

/**
 * The titles of a grid as an SVG image of the grid's size, transparent but for the text: whoever can draw SVG (a browser, sharp) lays it
 * over the pixels of {@link grid}. Take the same tiles and options for both. Titles wider than their column are cut.
 */
export function labelsSvg(tiles: readonly Pick<Pixels, 'width' | 'height'>[], options: GridOptions): string {
  const { titles = [], fontSize = 14 } = options;
  const { width, height, cells } = layoutGrid(tiles, options);
  const texts = cells.map(({ title }, i) => {
    const text = titles[i] ?? '';
    if (text === '') return '';
    const [x, y] = [title.x + title.width / 2, title.y + title.height - fontSize * 0.4];
    return `<text x="${x}" y="${y}">${escapeXml(fit(text, title.width, fontSize))}</text>`;
  });
  const style = `font-family="Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif" font-size="${fontSize}" fill="#222" text-anchor="middle"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${style}>${texts.join('')}</svg>`;
}
