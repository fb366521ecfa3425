import { randomStream, sizeOf, tensor, type Tensor } from '@pellucid/core';

/** A convolution with stride 1 and `padding` zeros on every side; `filters` is [out, in, height, width], `bias` [out]. */
export interface ConvLayer {
  readonly kind: 'conv';
  readonly name: string;
  readonly filters: Tensor;
  readonly bias: Tensor;
  readonly padding: number;
}

/** Pooling over square windows that do not overlap. */
export interface PoolLayer {
  readonly kind: 'max-pool' | 'average-pool';
  readonly name: string;
  readonly size: number;
}

/**
 * A dense layer over all values of a sample. `weights` is [in, out]; `from` is the shape of one sample that arrives, in the order
 * C, H, W, or one length. A channels-last engine flattens in another order: see `denseWeights`.
 */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly from: readonly number[];
  readonly weights: Tensor;
  readonly bias: Tensor;
}

/** Layers without parameters; a softmax is over the classes and only ever the last layer. */
export interface PlainLayer {
  readonly kind: 'relu' | 'softmax';
  readonly name: string;
}

/** One layer of a network of the backend contract. */
export type ContractLayer = ConvLayer | PoolLayer | DenseLayer | PlainLayer;

/**
 * A tiny network as data, for a backend under test to build in its own format. The model must accept the layer names given here,
 * as names or aliases; its input may have either image layout.
 */
export interface ContractNetwork {
  readonly name: string;
  /** Shape of one sample: C, H, W, or one length. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** One after another, each fed by the one before. */
  readonly layers: readonly ContractLayer[];
}

/**
 * The weights of a dense layer [in, out] in the order of the engine's flattening: as they are for channels first, rows reordered
 * from C, H, W to H, W, C for channels last.
 */
export function denseWeights({ from, weights }: DenseLayer, order: 'channels-first' | 'channels-last'): Tensor {
  const [channels, height, width] = from;
  if (order === 'channels-first' || channels === undefined || height === undefined || width === undefined) return weights;
  const out = weights.shape[1]!;
  const data = new Float32Array(weights.data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const row = channel * height * width + pixel;
      data.set(weights.data.subarray(row * out, (row + 1) * out), (pixel * channels + channel) * out);
    }
  }
  return { shape: weights.shape, data };
}

function values(shape: readonly number[], scale: number, ...names: readonly string[]): Tensor {
  const stream = randomStream(1, 'backend-contract', ...names);
  return tensor(shape, Float32Array.from({ length: sizeOf(shape) }, () => scale * stream.normal()));
}

function conv(network: string, name: string, from: number, to: number, padding: number): ConvLayer {
  const filters = values([to, from, 3, 3], Math.sqrt(2 / (9 * from)), network, name, 'filters');
  return { kind: 'conv', name, filters, bias: values([to], 0.1, network, name, 'bias'), padding };
}

function dense(network: string, name: string, from: readonly number[], to: number): DenseLayer {
  const weights = values([sizeOf(from), to], Math.sqrt(2 / sizeOf(from)), network, name, 'weights');
  return { kind: 'dense', name, from, weights, bias: values([to], 0.1, network, name, 'bias') };
}

/** No kink anywhere: every gradient is the same at every input. */
export const linearNetwork: ContractNetwork = {
  name: 'linear',
  inputShape: [2, 6, 4],
  classes: 3,
  layers: [
    conv('linear', 'conv', 2, 3, 1),
    { kind: 'average-pool', name: 'pool', size: 2 },
    dense('linear', 'scores', [3, 3, 2], 3),
  ],
};

const convolutional: readonly ContractLayer[] = [
  conv('convolutional', 'conv1', 3, 4, 1),
  { kind: 'relu', name: 'relu1' },
  { kind: 'max-pool', name: 'pool1', size: 2 },
  conv('convolutional', 'conv2', 4, 6, 0),
  { kind: 'relu', name: 'relu2' },
  dense('convolutional', 'scores', [6, 2, 1], 5),
];

/** Convolutions, rectifiers and max pooling, scores at the end. */
export const convolutionalNetwork: ContractNetwork = {
  name: 'convolutional',
  inputShape: [3, 8, 6],
  classes: 5,
  layers: convolutional,
};

/** The same network with a softmax at the end: its output are probabilities, its logits the scores before. */
export const softmaxNetwork: ContractNetwork = {
  ...convolutionalNetwork,
  name: 'softmax',
  layers: [...convolutional, { kind: 'softmax', name: 'probabilities' }],
};

/** Dense layers over a vector, without spatial axes. */
export const vectorNetwork: ContractNetwork = {
  name: 'vector',
  inputShape: [7],
  classes: 4,
  layers: [dense('vector', 'hidden', [7], 9), { kind: 'relu', name: 'relu' }, dense('vector', 'scores', [9], 4)],
};

/** All networks that a backend is asked to load. */
export const contractNetworks: readonly ContractNetwork[] = [linearNetwork, convolutionalNetwork, softmaxNetwork, vectorNetwork];

/** A batch of inputs [N, ...] for a network, channels first, the same on every platform. */
export function contractBatch({ name, inputShape }: ContractNetwork, count: number, seed = 0): Tensor {
  return values([count, ...inputShape], 1, name, 'input', String(seed));
}
