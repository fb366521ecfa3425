import { topEigenvector } from '../linear-algebra/lanczos.ts';
import type { LayerSample } from './layer-sample.ts';

/** The values of a layer of one sample: channel by channel, at `k * pixels + p`. */
export type ChannelValues = Pick<LayerSample, 'channels' | 'height' | 'width'> & { readonly values: ArrayLike<number> };

/** A matrix of pixels x channels, pixel by pixel. */
interface PixelMatrix {
  readonly pixels: number;
  readonly channels: number;
  readonly values: Float64Array;
}

function pixelMatrix({ channels, height, width, values }: ChannelValues, centred: boolean): PixelMatrix {
  const pixels = height * width;
  const matrix = new Float64Array(pixels * channels);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * pixels;
    let mean = 0;
    if (centred) for (let p = 0; p < pixels; p++) mean += values[start + p]! / pixels;
    for (let p = 0; p < pixels; p++) matrix[p * channels + channel] = values[start + p]! - mean;
  }
  return { pixels, channels, values: matrix };
}

/** M v: one value per pixel. */
function onPixels({ pixels, channels, values }: PixelMatrix, v: Float64Array): Float64Array {
  const result = new Float64Array(pixels);
  for (let p = 0; p < pixels; p++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += values[p * channels + channel]! * v[channel]!;
    result[p] = sum;
  }
  return result;
}

/** M^T u: one value per channel. */
function onChannels({ pixels, channels, values }: PixelMatrix, u: Float64Array): Float64Array {
  const result = new Float64Array(channels);
  for (let p = 0; p < pixels; p++) {
    for (let channel = 0; channel < channels; channel++) result[channel]! += values[p * channels + channel]! * u[p]!;
  }
  return result;
}

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** M v1, where v1 is the unit eigenvector of the largest eigenvalue of M^T M; found on the smaller of M^T M and M M^T. */
function projection(matrix: PixelMatrix): Float64Array {
  if (matrix.channels <= matrix.pixels) {
    const v = topEigenvector(matrix.channels, (vector) => onChannels(matrix, onPixels(matrix, vector)));
    return v === undefined ? new Float64Array(matrix.pixels) : onPixels(matrix, v);
  }
  const u = topEigenvector(matrix.pixels, (vector) => onPixels(matrix, onChannels(matrix, vector)));
  if (u === undefined) return new Float64Array(matrix.pixels);
  const scale = norm(onChannels(matrix, u));
  return u.map((value) => value * scale);
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** Below this correlation there is none, only rounding. */
const NO_CORRELATION = 1e-12;

/**
 * Turns a map whose sign is arbitrary, as an eigenvector's is, so that it correlates with the mean over channels of the positive values;
 * without any correlation, so that its sum is positive.
 */
export function resolveSign(map: Float64Array, { channels, values }: ChannelValues): Float64Array {
  const pixels = map.length;
  const strength = new Float64Array(pixels);
  for (let i = 0; i < values.length; i++) strength[i % pixels]! += Math.max(values[i]!, 0) / channels;
  const mean = total(strength) / pixels;
  const centre = total(map) / pixels;
  const covariance = map.reduce((sum, value, p) => sum + (value - centre) * (strength[p]! - mean), 0);
  const decisive = Math.abs(covariance) > NO_CORRELATION * norm(map) * norm(strength);
  return (decisive ? covariance : total(map)) < 0 ? map.map((value) => -value) : map;
}

/**
 * The projection of every pixel onto the first principal component of the channels, sign resolved. Float64.
 * @param centred - whether each channel's mean is taken away first
 */
export function principalMap(layer: ChannelValues, centred: boolean): Float64Array {
  return resolveSign(projection(pixelMatrix(layer, centred)), layer);
}
