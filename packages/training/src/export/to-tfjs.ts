import { BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM } from '../network/batch-norm.ts';
import type { LayerDefinition } from '../network/network.ts';
import { INPUT_NAME, lastLayer, poolPadding, resolveNetwork, type ResolvedLayer } from '../network/resolve-network.ts';
import type { TrainedNetwork } from '../network/trained-network.ts';

/** A value of a JSON document. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

type PlainNetwork = Pick<TrainedNetwork, 'network' | 'weights'>;

/** A LayersModel of TensorFlow.js as its two files hold it. */
export interface TfjsModel {
  /** The text of `model.json`. */
  readonly modelJson: string;
  /** For `weights.bin`: little-endian 32-bit floats. */
  readonly weights: Uint8Array;
}

/** Class and settings of a layer in the Keras vocabulary. */
function kerasLayer(layer: LayerDefinition): readonly [className: string, config: JsonObject] {
  switch (layer.kind) {
    case 'conv': {
      const { filters, kernel, stride = 1, padding = 'same' } = layer;
      return ['Conv2D', {
        filters, kernel_size: [kernel, kernel], strides: [stride, stride], padding,
        data_format: 'channels_last', dilation_rate: [1, 1], activation: 'linear', use_bias: true,
      }];
    }
    case 'dense':
      return ['Dense', { units: layer.units, activation: 'linear', use_bias: true }];
    case 'max-pool':
    case 'average-pool': {
      const { size, stride = size } = layer;
      const config = { pool_size: [size, size], strides: [stride, stride], padding: poolPadding(layer), data_format: 'channels_last' };
      return [layer.kind === 'max-pool' ? 'MaxPooling2D' : 'AveragePooling2D', config];
    }
    case 'batch-norm':
      return ['BatchNormalization', { axis: -1, epsilon: BATCH_NORM_EPSILON, momentum: 1 - BATCH_NORM_MOMENTUM, center: true, scale: true }];
    case 'global-average-pool':
      return ['GlobalAveragePooling2D', { data_format: 'channels_last' }];
    case 'flatten':
      return ['Flatten', { data_format: 'channels_last' }];
    case 'relu':
      return ['Activation', { activation: 'relu' }];
    case 'add':
      return ['Add', {}];
  }
}

function topologyEntry({ definition, sources }: ResolvedLayer): Json {
  const { name } = definition;
  const [className, config] = kerasLayer(definition);
  const inbound = [sources.map((source): Json => [source, 0, 0, {}])];
  return { class_name: className, name, config: { name, trainable: true, dtype: 'float32', ...config }, inbound_nodes: inbound };
}

function topology({ network }: PlainNetwork, layers: readonly ResolvedLayer[]): Json {
  const input: Json = {
    class_name: 'InputLayer',
    name: INPUT_NAME,
    config: { name: INPUT_NAME, batch_input_shape: [null, ...network.input], dtype: 'float32', sparse: false },
    inbound_nodes: [],
  };
  const output = lastLayer(layers).definition.name;
  return {
    class_name: 'Model',
    config: {
      name: network.name,
      layers: [input, ...layers.map(topologyEntry)],
      input_layers: [[INPUT_NAME, 0, 0]],
      output_layers: [[output, 0, 0]],
    },
  };
}

/**
 * A trained network as a LayersModel of TensorFlow.js: images [N, height, width, channels] in, logits out, layers under the names of
 * the definition.
 */
export function toTfjs(trained: PlainNetwork): TfjsModel {
  const layers = resolveNetwork(trained.network);
  const values = [...trained.weights];
  const weights = new Uint8Array(4 * values.reduce((sum, [, { data }]) => sum + data.length, 0));
  const view = new DataView(weights.buffer);
  let offset = 0;
  for (const [, { data }] of values) {
    for (const value of data) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  const manifest = values.map(([name, { shape }]): Json => ({ name, shape, dtype: 'float32' }));
  const document: Json = {
    format: 'layers-model',
    generatedBy: '@pellucid/training',
    convertedBy: null,
    modelTopology: { keras_version: 'tfjs-layers', backend: 'tensor_flow.js', model_config: topology(trained, layers) },
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  };
  return { modelJson: JSON.stringify(document), weights };
}
