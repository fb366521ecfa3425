import { INPUT, randomStream, type GradientPoint, type LayerName } from '@pellucid/core';
import type { AnalyticNetwork, AnalyticPass } from './analytic-model.ts';

const volume = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Random numbers from a normal distribution, the same on every platform. */
export function normalValues(seed: number, name: string, count: number): Float64Array {
  const { normal } = randomStream(seed, 'testkit', name);
  return Float64Array.from({ length: count }, normal);
}

/** f_k(x) = sum_i weights[k][i] x_i + bias[k]. Its gradient is the same everywhere. */
export function linearFormula(shape: readonly number[], weights: readonly ArrayLike<number>[], bias?: readonly number[]): AnalyticNetwork {
  return quadraticFormula(shape, weights, weights.map((row) => new Float64Array(row.length)), bias);
}

/**
 * f_k(x) = sum_i linear[k][i] x_i + square[k][i] x_i^2 / 2 + bias[k], with the gradient linear + square x: smooth, so that quadrature
 * rules of second order are exact on it.
 */
export function quadraticFormula(
  shape: readonly number[],
  linear: readonly ArrayLike<number>[],
  square: readonly ArrayLike<number>[],
  bias: readonly number[] = linear.map(() => 0),
): AnalyticNetwork {
  const pass = (x: Float64Array): AnalyticPass => ({
    logits: Float64Array.from(linear, (row, k) =>
      x.reduce((sum, value, i) => sum + row[i]! * value + (square[k]![i]! * value * value) / 2, bias[k]!)),
    activations: new Map(),
    backward: (cotangent) => {
      const gradient = x.map((value, i) => cotangent.reduce((sum, weight, k) => sum + weight * (linear[k]![i]! + square[k]![i]! * value), 0));
      return new Map<GradientPoint, Float64Array>([[INPUT, gradient]]);
    },
  });
  return { name: 'quadratic', shape, classes: linear.length, layers: [], pass };
}

/**
 * As `quadraticFormula`, with a layer `features` that is the input as it is and can be given other values: what a method makes of a layer's
 * values and gradients can be worked out by hand.
 */
export function layerFormula(
  shape: readonly number[], linear: readonly ArrayLike<number>[], square?: readonly ArrayLike<number>[], bias?: readonly number[],
): AnalyticNetwork {
  const formula = quadraticFormula(shape, linear, square ?? linear.map((row) => new Float64Array(row.length)), bias);
  const behind = (x: Float64Array, isGiven: boolean): AnalyticPass => {
    const { logits, backward } = formula.pass(x);
    return {
      logits,
      activations: new Map([['features', x]]),
      backward: (cotangent) => {
        const slope = backward(cotangent).get(INPUT) ?? new Float64Array(x.length);
        return new Map<GradientPoint, Float64Array>([[INPUT, isGiven ? slope.map(() => 0) : slope], ['features', slope]]);
      },
      backwardFrom: (_, cotangent) => new Map<GradientPoint, Float64Array>([[INPUT, isGiven ? cotangent.map(() => 0) : cotangent], ['features', cotangent]]),
    };
  };
  return {
    ...formula,
    name: 'layer',
    layers: [{ name: 'features', kind: 'identity', shape }],
    pass: (x) => behind(x, false),
    resume: (_, __, given) => behind(given, true),
  };
}

/** The sizes of a convolutional network of two layers. */
export interface ConvolutionalFormulaSettings {
  /** [channels, height, width] of the input. */
  readonly shape: readonly [number, number, number];
  readonly kernels: number;
  readonly classes: number;
  /** Pixels from one place of the kernel to the next. @defaultValue 1 */
  readonly stride?: number | undefined;
  /** @defaultValue 0 */
  readonly seed?: number | undefined;
}

const KERNEL = 3;

/** Calls back for every pair of an input and an output value that a 3x3 convolution with padding 1 connects. */
function connections({ shape: [channels, height, width], kernels, stride = 1 }: ConvolutionalFormulaSettings): Int32Array {
  const outHeight = Math.ceil(height / stride);
  const outWidth = Math.ceil(width / stride);
  const triples: number[] = [];
  for (let k = 0; k < kernels; k++) {
    for (let place = 0; place < outHeight * outWidth; place++) {
      for (let tap = 0; tap < channels * KERNEL * KERNEL; tap++) {
        const y = Math.floor(place / outWidth) * stride + (Math.floor(tap / KERNEL) % KERNEL) - 1;
        const x = (place % outWidth) * stride + (tap % KERNEL) - 1;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        const channel = Math.floor(tap / (KERNEL * KERNEL));
        triples.push(k * outHeight * outWidth + place, (channel * height + y) * width + x, k * channels * KERNEL * KERNEL + tap);
      }
    }
  }
  return Int32Array.from(triples);
}

/**
 * conv 3x3 (padding 1, layer `conv`) -> ReLU (layer `relu`) -> dense (layer `dense`), random weights from the seed. The derivative of
 * the ReLU at 0 is 0.
 */
export function convolutionalFormula(settings: ConvolutionalFormulaSettings): AnalyticNetwork {
  const { shape, kernels, classes, stride = 1, seed = 0 } = settings;
  const [channels, height, width] = shape;
  const features = [kernels, Math.ceil(height / stride), Math.ceil(width / stride)];
  const size = volume(features);
  const triples = connections(settings);
  const kernel = normalValues(seed, 'kernel', kernels * channels * KERNEL * KERNEL);
  const dense = normalValues(seed, 'dense', classes * size).map((value) => value / Math.sqrt(size));

  const convolve = (from: Float64Array, to: Float64Array, forwards: boolean): Float64Array => {
    for (let i = 0; i < triples.length; i += 3) {
      const output = triples[i]!;
      const input = triples[i + 1]!;
      const weight = kernel[triples[i + 2]!]!;
      if (forwards) to[output]! += weight * from[input]!;
      else to[input]! += weight * from[output]!;
    }
    return to;
  };
  const resume = (x: Float64Array, layer?: LayerName, given: Float64Array = new Float64Array(0)): AnalyticPass => {
    const conv = layer === 'conv' ? given : convolve(x, new Float64Array(size), true);
    const relu = layer === 'relu' ? given : conv.map((value) => Math.max(value, 0));
    const computed = Float64Array.from({ length: classes }, (_, k) => relu.reduce((sum, value, i) => sum + dense[k * size + i]! * value, 0));
    const logits = layer === 'dense' ? given : computed;
    // Nothing of what comes before a layer whose values are given reaches what comes after it.
    const fromConv = (atConv: Float64Array): [GradientPoint, Float64Array][] =>
      [[INPUT, convolve(layer === 'conv' ? atConv.map(() => 0) : atConv, new Float64Array(volume(shape)), false)], ['conv', atConv]];
    const fromRelu = (atRelu: Float64Array): [GradientPoint, Float64Array][] =>
      [...fromConv(atRelu.map((value, i) => (conv[i]! > 0 && layer !== 'relu' ? value : 0))), ['relu', atRelu]];
    const fromDense = (cotangent: Float64Array): [GradientPoint, Float64Array][] =>
      [...fromRelu(relu.map((_, i) => cotangent.reduce((sum, weight, k) => sum + weight * dense[k * size + i]!, 0))), ['dense', cotangent]];
    return {
      logits,
      activations: new Map([['conv', conv], ['relu', relu], ['dense', logits]]),
      backward: (cotangent) => new Map(fromDense(cotangent)),
      backwardFrom: (start, cotangent) => new Map((start === 'conv' ? fromConv : start === 'relu' ? fromRelu : fromDense)(cotangent)),
    };
  };
  return {
    name: 'convolutional',
    shape,
    classes,
    layers: [
      { name: 'conv', kind: 'conv', shape: features },
      { name: 'relu', kind: 'relu', shape: features },
      { name: 'dense', kind: 'dense', shape: [classes] },
    ],
    pass: (x) => resume(x),
    resume,
  };
}
