import type { ContractLayer, ContractNetwork, ConvLayer, DenseLayer, PoolLayer } from './contract-network.ts';

/** The values of one sample at one place of the network, in double precision; the shape has no batch axis. */
export interface Sample {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

type Image = readonly [channels: number, height: number, width: number];

function image(shape: readonly number[]): Image {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined) throw new Error('internal: the layer needs an image');
  return [channels, height, width];
}

function convShape(layer: ConvLayer, from: readonly number[]): Image {
  const [, height, width] = image(from);
  const [count, , rows, columns] = layer.filters.shape as [number, number, number, number];
  return [count, height + 2 * layer.padding - rows + 1, width + 2 * layer.padding - columns + 1];
}

/** Calls back for every product of a convolution: positions of the output, of the input and of the filter value. */
function eachProduct(layer: ConvLayer, from: readonly number[], visit: (output: number, input: number, filter: number) => void): void {
  const [channels, height, width] = image(from);
  const [, , rows, columns] = layer.filters.shape as [number, number, number, number];
  const [, outHeight, outWidth] = convShape(layer, from);
  layer.filters.data.forEach((_, filter) => {
    const row = (Math.floor(filter / columns) % rows) - layer.padding;
    const column = (filter % columns) - layer.padding;
    const channel = Math.floor(filter / (rows * columns)) % channels;
    const out = Math.floor(filter / (rows * columns * channels));
    for (let y = Math.max(0, -row); y < Math.min(outHeight, height - row); y++) {
      const output = (out * outHeight + y) * outWidth;
      const input = (channel * height + y + row) * width + column;
      for (let x = Math.max(0, -column); x < Math.min(outWidth, width - column); x++) visit(output + x, input + x, filter);
    }
  });
}

function conv(layer: ConvLayer, x: Sample): Sample {
  const shape = convShape(layer, x.shape);
  const area = shape[1] * shape[2];
  const data = Float64Array.from({ length: shape[0] * area }, (_, i) => layer.bias.data[Math.floor(i / area)]!);
  eachProduct(layer, x.shape, (output, input, filter) => {
    data[output]! += x.data[input]! * layer.filters.data[filter]!;
  });
  return { shape, data };
}

function convBackward(layer: ConvLayer, x: Sample, dy: Float64Array): Float64Array {
  const dx = new Float64Array(x.data.length);
  eachProduct(layer, x.shape, (output, input, filter) => {
    dx[input]! += dy[output]! * layer.filters.data[filter]!;
  });
  return dx;
}

/** The positions of the input that each window covers. */
function windows({ size }: PoolLayer, from: readonly number[]): { readonly shape: Image; readonly positions: readonly (readonly number[])[] } {
  const [channels, height, width] = image(from);
  const shape: Image = [channels, Math.floor(height / size), Math.floor(width / size)];
  const positions = Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, index) => {
    const column = index % shape[2];
    const row = Math.floor(index / shape[2]) % shape[1];
    const channel = Math.floor(index / (shape[1] * shape[2]));
    return Array.from({ length: size * size }, (__, k) => {
      const y = row * size + Math.floor(k / size);
      return (channel * height + y) * width + column * size + (k % size);
    });
  });
  return { shape, positions };
}

/** The position of the highest value of a window, the first of equals. */
const highest = (x: Float64Array, window: readonly number[]): number => window.reduce((best, i) => (x[i]! > x[best]! ? i : best));

function pool(layer: PoolLayer, x: Sample): Sample {
  const { shape, positions } = windows(layer, x.shape);
  const value = (window: readonly number[]): number =>
    layer.kind === 'max-pool' ? x.data[highest(x.data, window)]! : window.reduce((sum, i) => sum + x.data[i]!, 0) / window.length;
  return { shape, data: Float64Array.from(positions, value) };
}

function poolBackward(layer: PoolLayer, x: Sample, dy: Float64Array): Float64Array {
  const dx = new Float64Array(x.data.length);
  windows(layer, x.shape).positions.forEach((window, output) => {
    if (layer.kind === 'max-pool') dx[highest(x.data, window)]! += dy[output]!;
    else for (const i of window) dx[i]! += dy[output]! / window.length;
  });
  return dx;
}

function dense({ weights, bias }: DenseLayer, x: Sample): Sample {
  const out = bias.data.length;
  const data = Float64Array.from(bias.data);
  x.data.forEach((value, i) => {
    for (let o = 0; o < out; o++) data[o]! += value * weights.data[i * out + o]!;
  });
  return { shape: [out], data };
}

function denseBackward({ weights }: DenseLayer, x: Sample, dy: Float64Array): Float64Array {
  return x.data.map((_, i) => dy.reduce((sum, value, o) => sum + value * weights.data[i * dy.length + o]!, 0));
}

function softmax(x: Sample): Sample {
  const top = Math.max(...x.data);
  const exponentials = x.data.map((value) => Math.exp(value - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return { shape: x.shape, data: exponentials.map((value) => value / sum) };
}

function softmaxBackward(y: Sample, dy: Float64Array): Float64Array {
  const inner = y.data.reduce((sum, value, i) => sum + value * dy[i]!, 0);
  return y.data.map((value, i) => value * (dy[i]! - inner));
}

function applyLayer(layer: ContractLayer, x: Sample): Sample {
  switch (layer.kind) {
    case 'conv':
      return conv(layer, x);
    case 'dense':
      return dense(layer, x);
    case 'relu':
      return { shape: x.shape, data: x.data.map((value) => Math.max(value, 0)) };
    case 'softmax':
      return softmax(x);
    default:
      return pool(layer, x);
  }
}

function reverseLayer(layer: ContractLayer, x: Sample, y: Sample, dy: Float64Array): Float64Array {
  switch (layer.kind) {
    case 'conv':
      return convBackward(layer, x, dy);
    case 'dense':
      return denseBackward(layer, x, dy);
    case 'relu':
      return dy.map((value, i) => (x.data[i]! > 0 ? value : 0));
    case 'softmax':
      return softmaxBackward(y, dy);
    default:
      return poolBackward(layer, x, dy);
  }
}

/** The output of every layer for one sample, in plain double-precision loops. */
export function referenceActivations({ layers }: ContractNetwork, input: Sample): Sample[] {
  const outputs: Sample[] = [];
  let value = input;
  for (const layer of layers) {
    value = applyLayer(layer, value);
    outputs.push(value);
  }
  return outputs;
}

/** Position of the layer whose output are the logits: the one before a final softmax, else the last. */
export function logitsPosition({ layers }: ContractNetwork): number {
  return layers.length - (layers.at(-1)?.kind === 'softmax' ? 2 : 1);
}

/**
 * The gradient of sum(cotangent * logits) at the input (first entry) and at the output of every layer up to the logits, for one
 * sample. A rectifier has slope 0 at 0; the first maximum of a window takes all.
 */
export function referenceGradients(network: ContractNetwork, input: Sample, cotangent: Float64Array): Float64Array[] {
  const outputs = referenceActivations(network, input);
  const places = [input, ...outputs];
  const last = logitsPosition(network);
  const gradients: Float64Array[] = [cotangent];
  for (let i = last; i >= 0; i--) {
    gradients.unshift(reverseLayer(network.layers[i]!, places[i]!, outputs[i]!, gradients[0]!));
  }
  return gradients;
}
