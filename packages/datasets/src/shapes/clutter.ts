import type { RandomStream } from '@pellucid/core';

// Bound once: a global may be looked up slowly (as in the contexts of test runners), and this is asked for every pixel.
const { floor, max, min } = Math;

/** Colours of one image under construction: [SIDE, SIDE, 3], row-major. */
export type Canvas = Float64Array;

/** Height and width of every image. */
export const SIDE = 32;

export type Colour = readonly [number, number, number];

/** Uniform between two limits. */
export function between(stream: RandomStream, low: number, high: number): number {
  return low + (high - low) * stream.uniform();
}

/** A colour, each channel between two limits. */
export function colourBetween(stream: RandomStream, low: number, high: number): Colour {
  return [between(stream, low, high), between(stream, low, high), between(stream, low, high)];
}

/** Mixes a colour into a pixel: 0 leaves it, 1 replaces it. */
export function blend(canvas: Canvas, pixel: number, colour: Colour, share: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const i = pixel * 3 + channel;
    canvas[i] = canvas[i]! * (1 - share) + colour[channel]! * share;
  }
}

/** A smooth random field: colours at the knots of a coarse grid, bilinear between them. */
function paintBackground(canvas: Canvas, stream: RandomStream, cells: number): void {
  const knots = Array.from({ length: (cells + 1) ** 2 }, () => colourBetween(stream, 0.25, 0.75));
  for (let y = 0; y < SIDE; y++) {
    const row = (y * cells) / SIDE;
    const top = floor(row);
    for (let x = 0; x < SIDE; x++) {
      const column = (x * cells) / SIDE;
      const left = floor(column);
      const knot = top * (cells + 1) + left;
      const [fy, fx] = [row - top, column - left];
      for (let channel = 0; channel < 3; channel++) {
        const upper = knots[knot]![channel]! * (1 - fx) + knots[knot + 1]![channel]! * fx;
        const lower = knots[knot + cells + 1]![channel]! * (1 - fx) + knots[knot + cells + 2]![channel]! * fx;
        canvas[(y * SIDE + x) * 3 + channel] = upper * (1 - fy) + lower * fy;
      }
    }
  }
}

/** A blob that fades out towards its edge as (1 - d^2 / r^2)^2: of one colour, without texture or corners. */
function paintBlob(canvas: Canvas, stream: RandomStream): void {
  const radius = between(stream, 1.5, 4.5);
  const [cx, cy] = [between(stream, 0, SIDE), between(stream, 0, SIDE)];
  const colour = colourBetween(stream, 0.1, 0.9);
  for (let y = max(0, floor(cy - radius)); y < min(SIDE, cy + radius); y++) {
    for (let x = max(0, floor(cx - radius)); x < min(SIDE, cx + radius); x++) {
      const [dx, dy] = [x + 0.5 - cx, y + 0.5 - cy];
      const rest = 1 - (dx * dx + dy * dy) / (radius * radius);
      if (rest > 0) blend(canvas, y * SIDE + x, colour, min(1, 2 * rest * rest));
    }
  }
}

/** A straight stroke about one pixel wide between two random points. */
function paintStroke(canvas: Canvas, stream: RandomStream): void {
  const [x0, y0] = [between(stream, 0, SIDE), between(stream, 0, SIDE)];
  const [dx, dy] = [between(stream, -10, 10), between(stream, -10, 10)];
  const colour = colourBetween(stream, 0.1, 0.9);
  const squaredLength = dx * dx + dy * dy;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
      const along = min(1, max(0, (px * dx + py * dy) / squaredLength));
      const [ex, ey] = [px - along * dx, py - along * dy];
      const rest = 1 - (ex * ex + ey * ey);
      if (rest > 0) blend(canvas, y * SIDE + x, colour, rest);
    }
  }
}

/** Fills a canvas with clutter that is independent of the class: a smooth background, plain blobs and strokes. */
export function paintClutter(canvas: Canvas, stream: RandomStream): void {
  paintBackground(canvas, stream, 4);
  const blobs = 3 + stream.integer(4);
  for (let i = 0; i < blobs; i++) paintBlob(canvas, stream);
  const strokes = 1 + stream.integer(3);
  for (let i = 0; i < strokes; i++) paintStroke(canvas, stream);
}
