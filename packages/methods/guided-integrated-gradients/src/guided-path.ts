import { ascending, quickselect } from 'd3-array';

/** How far features may run ahead or fall behind, and how many move in a step. */
export interface GuidedPathSettings {
  readonly steps: number;
  /** Share of the features, those with the smallest gradients, that move at a time. */
  readonly fraction: number;
  /** Greatest distance from the straight path, as a share of its length. */
  readonly maxDistance: number;
}

/** One sample's way from its baseline to itself. */
export interface GuidedPath {
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** Distance from one to the other: the sum of absolute differences. */
  readonly length: number;
  /** Where it stands, and what it gained so far. */
  readonly position: Float64Array;
  readonly map: Float64Array;
}

const distanceTo = (position: Float64Array, to: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < to.length; i++) sum += Math.abs(to[i]! - position[i]!);
  return sum;
};

/** A path that stands at its baseline. */
export function startPath(from: Float32Array, to: Float32Array): GuidedPath {
  const position = Float64Array.from(from);
  return { from, to, length: distanceTo(position, to), position, map: new Float64Array(to.length) };
}

/** The value below which this share of all values lies; the lower one where it falls between two. */
function quantile(values: Float64Array, share: number): number {
  const rank = Math.floor(share * (values.length - 1));
  return quickselect(values.slice(), rank, 0, values.length - 1, ascending)[rank]!;
}

/** How far features may be in a step: shares of their way. */
interface Reach {
  readonly slowest: number;
  readonly fastest: number;
}

/** Where feature i is after a part of its way. */
const along = ({ from, to }: GuidedPath, i: number, part: number): number => (part === 1 ? to[i]! : from[i]! + part * (to[i]! - from[i]!));

/** Moves a feature and adds what the move is worth by the gradient. */
function move({ position, map }: GuidedPath, feature: number, target: number, gradient: Float32Array): void {
  map[feature] = map[feature]! + (target - position[feature]!) * gradient[feature]!;
  position[feature] = target;
}

/** Moves what lags behind, and measures how far each feature may still move; those that may not have no strength below any threshold. */
function measureAhead(path: GuidedPath, gradient: Float32Array, { slowest, fastest }: Reach, ahead: Float64Array, strength: Float64Array): void {
  const { from, to, position } = path;
  for (let i = 0; i < to.length; i++) {
    const change = to[i]! - from[i]!;
    if (change !== 0 && (position[i]! - from[i]!) / change < slowest) move(path, i, along(path, i, slowest), gradient);
    ahead[i] = Math.abs(along(path, i, fastest) - position[i]!);
    if (ahead[i] === 0) strength[i] = Infinity;
  }
}

/**
 * Takes step `step` of a path with the gradient where it stands (algorithm 1 of the paper): the features with the smallest gradients move until
 * the distance to the input has fallen as it does on the straight path. None lags behind the straight path, or runs ahead of it, by more than
 * `maxDistance`.
 */
export function advancePath(path: GuidedPath, gradient: Float32Array, step: number, { steps, fraction, maxDistance }: GuidedPathSettings): void {
  const { to, length, position } = path;
  const share = (step + 1) / steps;
  const reach = { slowest: Math.max(share - maxDistance, 0), fastest: Math.min(share + maxDistance, 1) };
  const target = length * (1 - share);
  const strength = new Float64Array(to.length);
  for (let i = 0; i < to.length; i++) strength[i] = Math.abs(gradient[i]!);
  const ahead = new Float64Array(to.length);

  for (;;) {
    measureAhead(path, gradient, reach, ahead, strength);
    const rest = distanceTo(position, to) - target;
    const threshold = quantile(strength, fraction);
    let room = 0;
    for (let i = 0; i < to.length; i++) if (strength[i]! <= threshold) room += ahead[i]!;
    // What is left is rounding, or all that may move has moved as far as it may.
    if (rest <= Number.EPSILON * length || room === 0) return;
    const portion = Math.min(rest / room, 1);
    for (let i = 0; i < to.length; i++) {
      if (strength[i]! > threshold || ahead[i] === 0) continue;
      const goal = along(path, i, reach.fastest);
      move(path, i, portion === 1 ? goal : position[i]! + portion * (goal - position[i]!), gradient);
    }
    if (portion < 1) return;
  }
}
