import type { ImageGeometry } from '@pellucid/core';
import { topEigenvector } from './lanczos.ts';

/** A matrix of pixels x channels, pixel by pixel. */
interface PixelMatrix {
  readonly pixels: number;
  readonly channels: number;
  readonly values: Float64Array;
}

function pixelMatrix(activation: Float32Array, geometry: ImageGeometry, centred: boolean): PixelMatrix {
  const { channels, height, width, channelStride, pixelStride } = geometry;
  const pixels = height * width;
  const values = new Float64Array(pixels * channels);
  for (let channel = 0; channel < channels; channel++) {
    let mean = 0;
    for (let p = 0; p < pixels; p++) {
      const value = activation[channel * channelStride + p * pixelStride]!;
      values[p * channels + channel] = value;
      mean += value / pixels;
    }
    if (centred) for (let p = 0; p < pixels; p++) values[p * channels + channel]! -= mean;
  }
  return { pixels, channels, values };
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

/** 1 or -1: the sign that makes the map correlate with the mean over channels of relu(A); without correlation, its sum positive. */
function resolveSign(map: Float64Array, activation: Float32Array, { channels, channelStride, pixelStride }: ImageGeometry): number {
  const strength = map.map((_, p) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += Math.max(activation[channel * channelStride + p * pixelStride]!, 0);
    return sum / channels;
  });
  const mean = total(strength) / strength.length;
  const centre = total(map) / map.length;
  const rise = strength.map((value) => value - mean);
  const covariance = map.reduce((sum, value, p) => sum + (value - centre) * rise[p]!, 0);
  const decisive = Math.abs(covariance) > NO_CORRELATION * norm(map) * norm(strength);
  return (decisive ? covariance : total(map)) < 0 ? -1 : 1;
}

/** The projection of every pixel of a layer onto the first principal component of its channels, sign resolved. Float64. */
export function principalMap(activation: Float32Array, geometry: ImageGeometry, centred: boolean): Float64Array {
  const map = projection(pixelMatrix(activation, geometry, centred));
  const sign = resolveSign(map, activation, geometry);
  return map.map((value) => sign * value);
}
