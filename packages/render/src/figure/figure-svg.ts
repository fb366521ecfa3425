import { textWidth } from '../drawing/text.ts';
import type { Pixels, Rgb } from '../pixels.ts';
import type { Figure } from './figure.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** XML has no place for most control characters. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escapeXml = (text: string): string => text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => ESCAPES[character]!);
const hex = (colour: Rgb): string => `#${colour.map((level) => level.toString(16).padStart(2, '0')).join('')}`;
const round = (value: number): string => String(Number(value.toFixed(2)));

function item(each: Exclude<Figure['items'][number], { kind: 'picture' }>): string {
  if (each.kind === 'lines') {
    const path = each.lines.map((line) => line.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')).join('');
    return `<path d="${path}" fill="none" stroke="${hex(each.colour)}" stroke-width="${each.width}"/>`;
  }
  const { x, y, text, fontSize, anchor } = each;
  // The width that the layout has counted on holds with whatever font there is.
  const width = round(textWidth(text, fontSize));
  const place = `x="${round(x)}" y="${round(y)}" font-size="${fontSize}" text-anchor="${anchor}"`;
  return `<text ${place} textLength="${width}" lengthAdjust="spacingAndGlyphs">${escapeXml(text)}</text>`;
}

/**
 * A figure as an SVG image: text as text, lines as lines, and the pixels of its pictures embedded. The alternative text is its description.
 * @param encode - gives the address of a picture, mostly `data:image/png;base64,...` from whatever encodes PNG files where the program runs
 */
export async function figureSvg(figure: Figure, encode: (picture: Pixels) => string | Promise<string>): Promise<string> {
  const { width, height, background, ink, items, alternativeText } = figure;
  const drawn: string[] = [];
  for (const each of items) {
    if (each.kind !== 'picture') drawn.push(item(each));
    else {
      const place = `x="${each.x}" y="${each.y}" width="${each.picture.width}" height="${each.picture.height}"`;
      drawn.push(`<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${escapeXml(await encode(each.picture))}"/>`);
    }
  }
  const alternative = escapeXml(alternativeText);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${alternative}" ` +
      `font-family="'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif" fill="${hex(ink)}">`,
    `<desc>${alternative}</desc>`,
    `<rect width="100%" height="100%" fill="${hex(background)}"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}
