import type { RandomStream } from '@pellucid/core';
import { between, blend, colourBetween, SIDE, type Canvas, type Colour } from './clutter.ts';
import type { Figure } from './figures.ts';

/** Points per pixel and axis: edges are smoothed over 16 points. */
const SUPERSAMPLING = 4;
/** The farthest that a point of any outline lies from the centre, in scales: the tip of the triangle. */
const REACH = 1.56;

interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly cosine: number;
  readonly sine: number;
  readonly period: number;
}

function drawPose(stream: RandomStream): Pose {
  // The tangent of half the angle gives sine and cosine without trigonometry, which differs between platforms. 0.2 is 23 degrees.
  const half = between(stream, -0.2, 0.2);
  return {
    x: SIDE / 2 + between(stream, -5, 5),
    y: SIDE / 2 + between(stream, -5, 5),
    scale: between(stream, 5, 6.8),
    cosine: (1 - half * half) / (1 + half * half),
    sine: (2 * half) / (1 + half * half),
    period: between(stream, 3.6, 5),
  };
}

/** Two tones: a random colour, and one that is lighter or darker in each channel by a random contrast. */
function drawTones(stream: RandomStream): readonly [Colour, Colour] {
  const middle = colourBetween(stream, 0.3, 0.7);
  const half = between(stream, 0.4, 0.6) / 2;
  const tone = (sign: number): Colour => [middle[0] + sign * half, middle[1] + sign * half, middle[2] + sign * half];
  return stream.uniform() < 0.5 ? [tone(1), tone(-1)] : [tone(-1), tone(1)];
}

/** How many of a pixel's points lie inside the figure, and how many of those have the second tone. */
function cover(figure: Figure, pose: Pose, x: number, y: number): { readonly inside: number; readonly dark: number } {
  let inside = 0;
  let dark = 0;
  for (let row = 0; row < SUPERSAMPLING; row++) {
    const dy = y + (row + 0.5) / SUPERSAMPLING - pose.y;
    for (let column = 0; column < SUPERSAMPLING; column++) {
      const dx = x + (column + 0.5) / SUPERSAMPLING - pose.x;
      const u = pose.cosine * dx + pose.sine * dy;
      const v = pose.cosine * dy - pose.sine * dx;
      if (!figure.contains(u / pose.scale, v / pose.scale)) continue;
      inside++;
      if (figure.dark(u / pose.period, v / pose.period)) dark++;
    }
  }
  return { inside, dark };
}

/** Draws the object of an image over its clutter and marks its pixels: 1 where the figure covers at least half of the pixel. */
export function paintObject(canvas: Canvas, mask: Float32Array, figure: Figure, stream: RandomStream): void {
  const pose = drawPose(stream);
  const [light, second] = drawTones(stream);
  const reach = REACH * pose.scale;
  const points = SUPERSAMPLING ** 2;
  for (let y = Math.max(0, Math.floor(pose.y - reach)); y < Math.min(SIDE, pose.y + reach); y++) {
    for (let x = Math.max(0, Math.floor(pose.x - reach)); x < Math.min(SIDE, pose.x + reach); x++) {
      const { inside, dark } = cover(figure, pose, x, y);
      if (inside === 0) continue;
      const share = dark / inside;
      const mixed: Colour = [
        light[0] * (1 - share) + second[0] * share,
        light[1] * (1 - share) + second[1] * share,
        light[2] * (1 - share) + second[2] * share,
      ];
      blend(canvas, y * SIDE + x, mixed, inside / points);
      if (2 * inside >= points) mask[y * SIDE + x] = 1;
    }
  }
}
