import { resolveSign, topEigenvector, type Tensor } from '@pellucid/core';
import type { Features } from './excitations.ts';

/** Where the channels of a layer vary most: the axes of the colours. Plain data. */
export interface ComponentBasis {
  /** The mean of every channel over the batch. */
  readonly mean: readonly number[];
  /** Three unit vectors over the channels, for red, green and blue; of zeros where the features have fewer dimensions. */
  readonly components: readonly (readonly number[])[];
  /** The share of the features' variance along each of them. */
  readonly variances: readonly number[];
}

export const COLOURS = 3;

/** A matrix of pixels x channels less the mean of each channel, which is never formed. */
interface Centred {
  readonly rows: number;
  readonly channels: number;
  readonly values: Float32Array;
  readonly mean: Float64Array;
}

function centre({ channels, values }: Features): Centred {
  const rows = values.length / channels;
  const mean = new Float64Array(channels);
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < channels; channel++) mean[channel]! += values[row * channels + channel]!;
  }
  return { rows, channels, values, mean: mean.map((sum) => sum / rows) };
}

/** M v: a value per pixel. */
function onPixels({ rows, channels, values, mean }: Centred, v: ArrayLike<number>): Float64Array {
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += (values[row * channels + channel]! - mean[channel]!) * v[channel]!;
    result[row] = sum;
  }
  return result;
}

/** M^T u: a value per channel. */
function onChannels({ rows, channels, values, mean }: Centred, u: Float64Array): Float64Array {
  const result = new Float64Array(channels);
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < channels; channel++) result[channel]! += (values[row * channels + channel]! - mean[channel]!) * u[row]!;
  }
  return result;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Variance below this share of the whole is rounding: a direction in it would be one of noise. */
const NO_VARIANCE = 1e-12;

/** The sign for which a component correlates with the mean positive value of the features, as everywhere where a sign is free. */
function signOf(projected: Float64Array, { rows, channels, values }: Centred): number {
  const byChannel = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < channels; channel++) byChannel[channel * rows + row] = values[row * channels + channel]!;
  }
  const turned = resolveSign(projected, { channels, height: rows, width: 1, values: byChannel });
  return turned === projected ? 1 : -1;
}

/** Takes away what lies along known directions, in place. */
function removeAlong(vector: Float64Array, directions: readonly Float64Array[]): Float64Array {
  for (const direction of directions) {
    const along = dot(direction, vector);
    for (let i = 0; i < vector.length; i++) vector[i]! -= along * direction[i]!;
  }
  return vector;
}

/** The direction of most variance at right angles to the known ones; undefined where there is none but rounding. */
function nextDirection(matrix: Centred, known: readonly Float64Array[]): Float64Array | undefined {
  const direction = topEigenvector(matrix.channels, (v) =>
    removeAlong(onChannels(matrix, onPixels(matrix, removeAlong(v.slice(), known))), known));
  if (direction === undefined) return undefined;
  // Where nothing is left, the solver returns rounding, which may lie along a known direction.
  const free = removeAlong(direction, known);
  const length = Math.sqrt(dot(free, free));
  return length === 0 ? undefined : free.map((value) => value / length);
}

/** The first principal components of the features over all images of a batch. Signs are resolved: the same batch has the same colours. */
export function principalComponents(features: Features): ComponentBasis {
  const matrix = centre(features);
  const { channels, values, mean } = matrix;
  const whole = values.reduce((sum, value, i) => sum + (value - mean[i % channels]!) ** 2, 0);
  const found: { readonly direction: Float64Array; readonly value: number }[] = [];
  while (found.length < Math.min(COLOURS, channels)) {
    const direction = nextDirection(matrix, found.map((known) => known.direction));
    if (direction === undefined) break;
    const projected = onPixels(matrix, direction);
    const value = dot(projected, projected);
    if (value <= NO_VARIANCE * whole) break;
    const sign = signOf(projected, matrix);
    found.push({ direction: direction.map((weight) => sign * weight), value });
  }
  const orZeros = Array.from({ length: COLOURS }, (_, i) => found[i] ?? { direction: new Float64Array(channels), value: 0 });
  return {
    mean: [...mean],
    components: orZeros.map(({ direction }) => [...direction]),
    variances: orZeros.map(({ value }) => (whole === 0 ? 0 : value / whole)),
  };
}

/** The features along the three components: a field of colours before they are scaled, [N, 3, h, w]. */
export function project(features: Features, { mean, components }: ComponentBasis): Tensor {
  const { samples, height, width } = features;
  const pixels = height * width;
  const data = new Float32Array(samples * COLOURS * pixels);
  const matrix: Centred = { rows: samples * pixels, channels: features.channels, values: features.values, mean: Float64Array.from(mean) };
  components.forEach((component, colour) => {
    onPixels(matrix, component).forEach((value, row) => {
      data[(Math.floor(row / pixels) * COLOURS + colour) * pixels + (row % pixels)] = value;
    });
  });
  return { shape: [samples, COLOURS, height, width], data };
}
