import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { INPUT, type Tensor } from '@pellucid/core';
import { contractBatch, softmaxNetwork } from '@pellucid/testkit';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine, type ModelBytes } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { asGraphModel, asLayersModel, type JoinedModel } from './contract-models.ts';
import { ENGINE } from './engines.ts';

interface Json {
  modelTopology: { node: { name: string; op: string; input: string[]; attr: object }[] };
  weightsManifest: [{ paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }];
}

/** A model with its JSON changed. */
function change(model: JoinedModel, edit: (json: Json) => void, weights: Uint8Array | Uint8Array[] = model.weights): ModelBytes {
  const json = JSON.parse(model.modelJson) as Json;
  edit(json);
  return { modelJson: JSON.stringify(json), weights };
}

const layers = asLayersModel(softmaxNetwork);
const graph = asGraphModel(softmaxNetwork);
const both: [string, JoinedModel][] = [['layers', layers], ['graph', graph]];

/** The weights with the bytes of one value overwritten. */
function poison(model: JoinedModel, index: number, value: number): Uint8Array {
  const weights = model.weights.slice();
  new DataView(weights.buffer).setFloat32(4 * index, value, true);
  return weights;
}

let tensors: number;
let bytes: number;
beforeEach(async () => {
  await openEngine(ENGINE);
  ({ numTensors: tensors, numBytes: bytes } = tf.memory());
});
afterEach(() => {
  expect(tf.memory()).toMatchObject({ numTensors: tensors, numBytes: bytes });
});

describe.each(both)('a %s model', (format, model) => {
  const cut = model.weights.length - 4;
  const half = [model.weights.subarray(0, 40), model.weights.subarray(40)];
  test.each<[string, ModelBytes, string, RegExp]>([
    ['whose JSON is cut off', { ...model, modelJson: model.modelJson.slice(0, -20) }, 'MODEL_INVALID', /not JSON/],
    ['that is empty', { ...model, modelJson: '' }, 'MODEL_INVALID', /not JSON/],
    ['whose weights are cut off', { ...model, weights: model.weights.subarray(0, cut) }, 'MODEL_INVALID', /bytes/],
    ['with a part of its weights missing', { ...model, weights: half.slice(0, 1) }, 'MODEL_INVALID', /bytes/],
    ['with weights twice', { ...model, weights: [...half, ...half] }, 'MODEL_INVALID', /bytes/],
    ['without weights', { ...model, weights: [] }, 'MODEL_INVALID', /bytes/],
    ['whose weight holds NaN', { ...model, weights: poison(model, 3, NaN) }, 'MODEL_INVALID', /`conv1\/kernel` holds NaN at index 3/],
    ['whose manifest holds no shapes', change(model, (json) => (json.weightsManifest[0].weights[0]!.shape = ['3'] as never)), 'MODEL_INVALID', /weightsManifest/],
    ['with a negative length', change(model, (json) => (json.weightsManifest[0].weights[0]!.shape = [-1, -1])), 'MODEL_INVALID', /weightsManifest/],
    ['with a vast length', change(model, (json) => (json.weightsManifest[0].weights[0]!.shape = [2 ** 40])), 'MODEL_INVALID', /bytes/],
    ['with a type that nobody knows', change(model, (json) => (json.weightsManifest[0].weights[0]!.dtype = 'float8')), 'MODEL_UNSUPPORTED', /float8/],
    ['with weights under other names', change(model, (json) => (json.weightsManifest[0].weights[0]!.name = 'other')), 'MODEL_UNSUPPORTED', /./],
    ['whose scale of a quantised weight is no number', change(model, ({ weightsManifest: [{ weights }] }) => {
      weights[0]!.quantization = { dtype: 'float32', scale: 'x', min: 0 };
    }), 'MODEL_INVALID', /weightsManifest/],
  ])('%s is refused, and leaves nothing behind', async (_, source, code, message) => {
    await expect(loadModel(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('infinite weights are let through: masks hold them', async () => {
    const loaded = await loadModel({ ...model, weights: poison(model, 0, Infinity) });
    await loaded.dispose();
  });

  test.each([
    ['nothing', undefined], ['null', null], ['a number', 7], ['an empty object', {}], ['JSON alone', { modelJson: format }],
    ['weights as text', { modelJson: model.modelJson, weights: 'weights' }],
  ])('%s is no source', async (_, source) => {
    await expect(loadModel(source as unknown as ModelBytes)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

describe('what cannot be run', () => {
  test.each(['Mystery', 'constructor'])('a layer of class %s is refused by its name', async (className) => {
    const modelJson = layers.modelJson.replace('"MaxPooling2D"', JSON.stringify(className));
    await expect(loadModel({ ...layers, modelJson })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining(className) });
  });

  test.each(['If', 'While', 'Switch', 'Merge', 'Enter', 'TensorListReserve', 'NonMaxSuppressionV3', 'Where'])('a graph with %s is refused, with the node', async (op) => {
    const attr = { cond: { func: { name: 'c' } }, body: { func: { name: 'b' } }, then_branch: { func: { name: 't' } }, else_branch: { func: { name: 'e' } } };
    const source = change(graph, ({ modelTopology: { node } }) => {
      const { name } = node[node.length - 1]!;
      node.push({ name: 'decide', op, input: [name, name], attr });
    });
    await expect(loadModel(source)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(new RegExp(`control flow.*decide.*${op}`)) });
  });

  test.each([
    ['wait for each other in a circle', [[['second', 0, 0, {}]]], [[['first', 0, 0, {}]]], /`first`, `second`/],
    ['wait for a call that no layer has', [[['input', 1, 0, {}]]], [[['first', 0, 0, {}]]], /`first`, `second`/],
    ['wait for a layer that is not there', [[['input', 0, 0, {}]]], [[['third', 0, 0, {}]]], /layers `second`/],
  ])('layers that %s are refused, where the loader of TensorFlow.js looks for them for ever', async (_, first, second, message) => {
    const dense = (name: string, inbound: unknown): object => ({ class_name: 'Dense', name, config: { name, units: 2, activation: 'linear' }, inbound_nodes: inbound });
    const modelTopology = {
      class_name: 'Functional',
      config: {
        name: 'circle', input_layers: [['input', 0, 0]], output_layers: [['second', 0, 0]],
        layers: [
          { class_name: 'InputLayer', name: 'input', config: { batch_input_shape: [null, 2], dtype: 'float32', name: 'input' }, inbound_nodes: [] },
          dense('first', first), dense('second', second),
        ],
      },
    };
    const source = { modelJson: JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [] }), weights: [] };
    await expect(loadModel(source)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(message) });
  });

  test.each([['file://elsewhere/model.json', /another machine/], ['ftp://server/model.json', /`ftp:` cannot be read/]])('%s is no address that can be read', async (address, message) => {
    for (const source of [address, new URL(address)]) {
      await expect(loadModel(source)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(message) });
    }
  });

  test('a live model whose weights are no numbers is refused', async () => {
    const live = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2], name: 'only', kernelInitializer: tfl.initializers.constant({ value: NaN }) })] });
    await expect(loadModel(live)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/only.*NaN/) });
    live.dispose();
  });
});

describe('a weight file outside the folder of the model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-outside-'));
    await writeFile(join(folder, 'weights.bin'), layers.weights);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test.each(['../weights.bin', 'a/../../weights.bin', './../weights.bin', '..', '/etc/hostname', 'a\0b'])('%p is refused', async (path) => {
    const file = join(folder, 'inner.json');
    await writeFile(file, layers.modelJson.replace('"weights.bin"', JSON.stringify(path)));
    await expect(loadModel(file)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(path.includes('\0') ? /cannot be read/ : /outside/) });
  });
});

test('a link in the folder of the model that leads out of it is refused, one that stays inside is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pellucid-links-'));
  try {
    await mkdir(join(folder, 'model'));
    await writeFile(join(folder, 'weights.bin'), layers.weights);
    await writeFile(join(folder, 'model/stored.bin'), layers.weights);
    await writeFile(join(folder, 'model/model.json'), layers.modelJson);
    await symlink(join(folder, 'weights.bin'), join(folder, 'model/weights.bin'));
    await expect(loadModel(join(folder, 'model/model.json'))).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/outside/) });
    await rm(join(folder, 'model/weights.bin'));
    await symlink('stored.bin', join(folder, 'model/weights.bin'));
    const model = await loadModel(join(folder, 'model/model.json'));
    await model.dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('packed weights', () => {
  const count = layers.weights.length / 4;
  const originals = new Float32Array(layers.weights.buffer, layers.weights.byteOffset, count);
  const [channels, height, width] = softmaxNetwork.inputShape as [number, number, number];
  const input: Tensor = { shape: [2, height, width, channels], data: contractBatch(softmaxNetwork, 2).data };

  /** The values of a packing, and the same as plain floats. */
  const packings: Record<string, () => { quantization: object; packed: Uint8Array; plain: Float32Array }> = {
    uint8: () => {
      const quantization = { dtype: 'uint8', scale: 0.0078125 * 1.1, min: -1.05 };
      const packed = Uint8Array.from(originals, (value) => Math.max(0, Math.min(255, Math.round((value - quantization.min) / quantization.scale))));
      return { quantization, packed, plain: Float32Array.from(packed, (value) => value * quantization.scale + quantization.min) };
    },
    uint16: () => {
      const quantization = { dtype: 'uint16', scale: 3.1e-5, min: -1.01 };
      const packed = Uint16Array.from(originals, (value) => Math.max(0, Math.min(65535, Math.round((value - quantization.min) / quantization.scale))));
      return { quantization, packed: new Uint8Array(packed.buffer), plain: Float32Array.from(packed, (value) => value * quantization.scale + quantization.min) };
    },
    float16: () => {
      // Numbers with 11 significant bits and exponents from -14 to 15 are the same in both; smaller ones are multiples of 2 ** -24.
      const plain = originals.map((value) => {
        const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value) || 1)), -14) - 10);
        return Math.round(value / step) * step;
      });
      const packed = Uint16Array.from(plain, (value) => {
        const size = Math.abs(value);
        const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -15)), -15);
        const bits = exponent < -14 ? size * 2 ** 24 : ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
        return (value < 0 ? 0x8000 : 0) | bits;
      });
      return { quantization: { dtype: 'float16' }, packed: new Uint8Array(packed.buffer), plain };
    },
  };

  test.each(both.flatMap(([format, model]) => Object.keys(packings).map((name) => [name, format, model] as const)))(
    '%s in a %s model gives exactly what the same values give as floats',
    async (name, format, model) => {
      const { quantization, packed, plain } = valueAt(new Map(Object.entries(packings)), name)();
      // The constants of the graph that are no parameters follow the parameters, as floats.
      const rest = model.weights.subarray(4 * count);
      const isParameter = (weight: string): boolean => format === 'layers' || !weight.endsWith('/shape');
      const quantised = change(model, ({ weightsManifest: [{ weights }] }) => {
        for (const weight of weights) if (isParameter(weight.name)) weight.quantization = quantization;
      }, [packed, rest]);
      const floats = await loadModel({ ...model, weights: [new Uint8Array(plain.buffer), rest] });
      const packedModel = await loadModel(quantised);
      const query = { input, gradient: { of: { kind: 'logit', targets: [0, 3] }, at: [INPUT] } } as const;
      expect(await packedModel.evaluate(query)).toEqual(await floats.evaluate(query));
      expect(packedModel.hash).not.toBe(floats.hash);
      await Promise.all([floats.dispose(), packedModel.dispose()]);
    },
  );

  test('a half-precision weight that holds NaN is refused', async () => {
    const { packed } = valueAt(new Map(Object.entries(packings)), 'float16')();
    new DataView(packed.buffer).setUint16(10, 0x7e00, true);
    const source = change(layers, ({ weightsManifest: [{ weights }] }) => {
      for (const weight of weights) weight.quantization = { dtype: 'float16' };
    }, packed);
    await expect(loadModel(source)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/holds NaN at index 5/) });
  });
});

describe('a model that contradicts itself is refused with the reason', () => {
  const modelOf = (format: string, modelTopology: object, signature?: object): ModelBytes =>
    ({ modelJson: JSON.stringify({ format, modelTopology, weightsManifest: [], ...(signature && { signature }) }), weights: [] });
  const input = { class_name: 'InputLayer', name: 'in', config: { name: 'in', batch_input_shape: [null, 2], dtype: 'float32', sparse: false }, inbound_nodes: [] };
  const relu = { class_name: 'Activation', name: 'relu', config: { name: 'relu', activation: 'relu' }, inbound_nodes: [[['in', 0, 0, {}]]] };
  const functional = (list: object[], inputs: unknown[], outputs: unknown[]): ModelBytes =>
    modelOf('layers-model', { model_config: { class_name: 'Functional', config: { name: 'net', layers: list, input_layers: inputs, output_layers: outputs } } });
  const [from, to] = [['in', 0, 0], ['relu', 0, 0]];
  const placeholder = { name: 'x', op: 'Placeholder', input: [], attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } } };
  const node = { name: 'y', op: 'Relu', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } };
  const graphOf = (nodes: object, output = 'y:0'): ModelBytes => modelOf('graph-model', { node: nodes, versions: {} }, { inputs: {}, outputs: { scores: { name: output } } });

  test.each<[string, ModelBytes, RegExp]>([
    ['a sequential model without layers', modelOf('layers-model', { class_name: 'Sequential', config: { name: 'net', layers: [] } }), /list `layers` is empty/],
    ['a sequential model that is an empty list', modelOf('layers-model', { class_name: 'Sequential', config: [] }), /list `layers` is empty/],
    ['a functional model without layers', functional([], [], []), /list `layers` is empty/],
    ['a functional model without outputs', functional([input, relu], [from], []), /list `output_layers` is empty/],
    ['an output that is no layer', functional([input, relu], [from], [['other', 0, 0]]), /its output `other` is none of its layers/],
    ['an input that is no layer', functional([input, relu], [['other', 0, 0]], [to]), /its input `other` is none of its layers/],
    ['an output that is no node', graphOf([placeholder, node], 'z:0'), /its output `scores` is `z`, which is not the name of a node/],
    ['a node that reads none', graphOf([placeholder, { ...node, input: ['w'] }]), /node `y` reads `w`/],
    ['nodes that are no list', graphOf({}), /`modelTopology.node` is not a list/],
  ])('%s', async (_, bytesOf, problem) => {
    await expect(loadModel(bytesOf, { engine: ENGINE })).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(problem) });
  });

  test('while the smallest models that do not are loaded', async () => {
    for (const source of [functional([input, relu], [from], [to]), graphOf([placeholder, node])]) {
      const model = await loadModel(source, { engine: ENGINE });
      expect([...(await model.evaluate({ input: { shape: [1, 2], data: Float32Array.of(-1, 2) } })).output.data]).toEqual([0, 2]);
      await model.dispose();
    }
  });
});
