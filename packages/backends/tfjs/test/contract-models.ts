import type { ContractLayer, ContractNetwork } from '@pellucid/testkit';
import { denseWeights } from '@pellucid/testkit';
import type { Tensor } from '@pellucid/core';
import type { ModelBytes } from '../src/index.ts';

/** A model whose weights lie in one piece. */
export interface JoinedModel extends ModelBytes {
  readonly modelJson: string;
  readonly weights: Uint8Array;
}

/** A named parameter. */
export interface Weight {
  readonly name: string;
  readonly value: Tensor;
}

/** The shape of one sample in the order H, W, C. */
const channelsLast = ([channels = 0, height, width]: readonly number[]): number[] =>
  height === undefined || width === undefined ? [channels] : [height, width, channels];

/** Convolution filters [out, in, h, w] as TensorFlow wants them: [h, w, in, out]. */
function filtersLast({ shape, data }: Tensor): Tensor {
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const result = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < height * width; tap++) {
        result[(tap * inputs + input) * outputs + output] = data[(output * inputs + input) * height * width + tap]!;
      }
    }
  }
  return { shape: [height, width, inputs, outputs], data: result };
}

/** The bytes of a model, its weights in one file. */
export function modelBytes(format: string, modelTopology: unknown, weights: readonly Weight[]): JoinedModel {
  const bytes = new Uint8Array(weights.reduce((sum, { value }) => sum + value.data.byteLength, 0));
  let offset = 0;
  for (const { value } of weights) {
    bytes.set(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength), offset);
    offset += value.data.byteLength;
  }
  const manifest = [{ paths: ['weights.bin'], weights: weights.map(({ name, value }) => ({ name, shape: value.shape, dtype: 'float32' })) }];
  return { modelJson: JSON.stringify({ format, modelTopology, weightsManifest: manifest }), weights: bytes };
}

interface LayerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function layerConfigs(layer: ContractLayer): LayerConfig[] {
  const { name } = layer;
  switch (layer.kind) {
    case 'conv': {
      const [filters, , height, width] = layer.filters.shape;
      const same = layer.padding > 0;
      return [{ class_name: 'Conv2D', config: { name, filters, kernel_size: [height, width], padding: same ? 'same' : 'valid' } }];
    }
    case 'max-pool':
    case 'average-pool': {
      const size = [layer.size, layer.size];
      const class_name = layer.kind === 'max-pool' ? 'MaxPooling2D' : 'AveragePooling2D';
      return [{ class_name, config: { name, pool_size: size, strides: size, padding: 'valid' } }];
    }
    case 'dense': {
      const flatten = { class_name: 'Flatten', config: { name: `${name}_flatten` } };
      const dense = { class_name: 'Dense', config: { name, units: layer.weights.shape[1] } };
      return layer.from.length > 1 ? [flatten, dense] : [dense];
    }
    case 'relu':
      return [{ class_name: 'ReLU', config: { name } }];
    default:
      return [{ class_name: 'Softmax', config: { name } }];
  }
}

function layerWeights(layer: ContractLayer): Weight[] {
  if (layer.kind === 'conv') {
    return [
      { name: `${layer.name}/kernel`, value: filtersLast(layer.filters) },
      { name: `${layer.name}/bias`, value: layer.bias },
    ];
  }
  if (layer.kind !== 'dense') return [];
  return [
    { name: `${layer.name}/kernel`, value: denseWeights(layer, 'channels-last') },
    { name: `${layer.name}/bias`, value: layer.bias },
  ];
}

/** A network as a sequential layers model. */
export function asLayersModel({ name, inputShape, layers }: ContractNetwork): JoinedModel {
  const configs = layers.flatMap(layerConfigs);
  const shape = { batch_input_shape: [null, ...channelsLast(inputShape)] };
  const withShape = configs.map((layer, i) => (i === 0 ? { ...layer, config: { ...layer.config, ...shape } } : layer));
  const topology = { class_name: 'Sequential', config: { name, layers: withShape } };
  return modelBytes('layers-model', topology, layers.flatMap(layerWeights));
}

type Attributes = Readonly<Record<string, unknown>>;

const type = { type: 'DT_FLOAT' };
const text = (value: string): Attributes => ({ s: Buffer.from(value).toString('base64') });
const integers = (...list: number[]): Attributes => ({ list: { i: list.map(String) } });
const fused: Attributes = { fused_ops: { list: { s: [Buffer.from('BiasAdd').toString('base64')] } }, num_args: { i: '1' }, epsilon: { f: 0 } };
const node = (name: string, op: string, input: string[], attr: Attributes = {}): Attributes => ({ name, op, input, attr: { T: type, ...attr } });

/** The nodes of one layer, as the converter writes them after fusing; the last one is called after the layer. */
function layerNodes(layer: ContractLayer, input: string): Attributes[] {
  const { name } = layer;
  const [kernel, bias] = [`${name}/kernel`, `${name}/bias`];
  switch (layer.kind) {
    case 'conv': {
      const attributes = {
        ...fused,
        strides: integers(1, 1, 1, 1),
        dilations: integers(1, 1, 1, 1),
        padding: text(layer.padding > 0 ? 'SAME' : 'VALID'),
        data_format: text('NHWC'),
      };
      return [node(name, '_FusedConv2D', [input, kernel, bias], attributes)];
    }
    case 'max-pool':
    case 'average-pool': {
      const window = integers(1, layer.size, layer.size, 1);
      const attributes = { ksize: window, strides: window, padding: text('VALID'), data_format: text('NHWC') };
      return [node(name, layer.kind === 'max-pool' ? 'MaxPool' : 'AvgPool', [input], attributes)];
    }
    case 'dense': {
      const flat = `${name}/flatten`;
      const attributes = { ...fused, transpose_a: { b: false }, transpose_b: { b: false } };
      return [node(flat, 'Reshape', [input, `${name}/shape`]), node(name, '_FusedMatMul', [flat, kernel, bias], attributes)];
    }
    case 'relu':
      return [node(name, 'Relu', [input])];
    default:
      return [node(name, 'Softmax', [input])];
  }
}

/** A network as a graph model. */
export function asGraphModel({ inputShape, layers }: ContractNetwork): JoinedModel {
  const shapes = layers
    .filter((layer) => layer.kind === 'dense')
    .map((layer): Weight => ({ name: `${layer.name}/shape`, value: { shape: [2], data: Float32Array.of(-1, layer.weights.shape[0]!) } }));
  const weights = [...layers.flatMap(layerWeights), ...shapes];
  const dimensions = [-1, ...channelsLast(inputShape)].map((size) => ({ size: String(size) }));
  const placeholder = { name: 'input', op: 'Placeholder', input: [], attr: { dtype: type, shape: { shape: { dim: dimensions } } } };
  const constants = weights.map(({ name }) => ({ name, op: 'Const', input: [], attr: { dtype: type } }));
  const computed = layers.flatMap((layer, i) => layerNodes(layer, i === 0 ? 'input' : layers[i - 1]!.name));
  return modelBytes('graph-model', { node: [placeholder, ...constants, ...computed], versions: {} }, weights);
}
