import type { Pixels, Point, Rgb } from '../pixels.ts';

/**
 * Adds the signed area that lies to the right of an edge: to the pixel it crosses the part in it, to the next one the rest, so that the running
 * sum along a row is the covered share of every pixel.
 */
function addEdge(area: Float64Array, width: number, [x0, y0]: Point, [x1, y1]: Point): void {
  const [direction, top, bottom] = y0 < y1 ? [1, y0, y1] : [-1, y1, y0];
  const xAt = (y: number): number => x0 + ((x1 - x0) * (y - y0)) / (y1 - y0);
  for (let row = Math.floor(top); row < bottom; row++) {
    const [from, to] = [Math.max(top, row), Math.min(bottom, row + 1)];
    const [a, b] = [xAt(from), xAt(to)];
    const [left, right] = [Math.min(a, b), Math.max(a, b)];
    for (let column = Math.floor(left); column === Math.floor(left) || column < right; column++) {
      const [start, end] = [Math.max(left, column), Math.min(right, column + 1)];
      const share = right > left ? (end - start) / (right - left) : 1;
      const height = direction * (to - from) * share;
      const inside = 1 - ((start + end) / 2 - column);
      area[row * width + column]! += height * inside;
      area[row * width + column + 1]! += height * (1 - inside);
    }
  }
}

/**
 * Fills closed outlines with a colour, edges smoothed by the exact share of each pixel that they cover. A hole is an outline that runs the other way
 * round; what lies outside the picture is left out. Changes the picture.
 */
export function fillOutlines(picture: Pixels, outlines: readonly (readonly Point[])[], colour: Rgb): void {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of outlines.flat()) {
    [left, top] = [Math.min(left, Math.floor(x)), Math.min(top, Math.floor(y))];
    [right, bottom] = [Math.max(right, Math.floor(x)), Math.max(bottom, Math.ceil(y))];
  }
  if (left > right) return;
  // Columns more than the outlines cover: the rest of an edge goes to the pixel beside it.
  const [width, height] = [right - left + 3, bottom - top + 1];
  const area = new Float64Array(width * height);
  for (const outline of outlines) {
    outline.forEach(([x, y], i) => {
      const [nextX, nextY] = outline[(i + 1) % outline.length]!;
      if (y !== nextY) addEdge(area, width, [x - left, y - top], [nextX - left, nextY - top]);
    });
  }
  for (let row = Math.max(0, -top); row < height && row + top < picture.height; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      sum += area[row * width + column]!;
      const share = Math.min(1, Math.abs(sum));
      const x = column + left;
      if (share < 1e-6 || x < 0 || x >= picture.width) continue;
      const target = ((row + top) * picture.width + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        picture.data[target + channel] = picture.data[target + channel]! * (1 - share) + colour[channel]! * share;
      }
      picture.data[target + 3] = picture.data[target + 3]! * (1 - share) + 255 * share;
    }
  }
}

/** Draws lines from point to point with square ends. Changes the picture. */
export function strokeLines(picture: Pixels, lines: readonly (readonly Point[])[], colour: Rgb, width: number): void {
  for (const line of lines) {
    const quads = line.slice(1).flatMap(([x1, y1], i): Point[][] => {
      const [x0, y0] = line[i]!;
      const length = Math.hypot(x1 - x0, y1 - y0);
      if (length === 0) return [];
      const [dx, dy] = [((x1 - x0) / length) * (width / 2), ((y1 - y0) / length) * (width / 2)];
      return [[[x0 - dx - dy, y0 - dy + dx], [x1 + dx - dy, y1 + dy + dx], [x1 + dx + dy, y1 + dy - dx], [x0 - dx + dy, y0 - dy - dx]]];
    });
    fillOutlines(picture, quads, colour);
  }
}
