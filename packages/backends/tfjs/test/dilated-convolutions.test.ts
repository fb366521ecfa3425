import { describe, expect, test } from '@jest/globals';
import { tensor, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { lrp } from '@pellucid/method-lrp';
import { normalValues } from '@pellucid/testkit';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine, type EngineName } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { ENGINE, ENGINES } from './engines.ts';
import { expectSameAnswers } from './same-answers.ts';

type Attributes = Readonly<Record<string, unknown>>;
type Stored = readonly [shape: readonly number[], values: ArrayLike<number>, dtype?: 'int32'];

const text = (value: string): Attributes => ({ s: Buffer.from(value).toString('base64') });
const texts = (...values: string[]): Attributes => ({ list: { s: values.map((value) => Buffer.from(value).toString('base64')) } });
const integers = (...values: number[]): Attributes => ({ list: { i: values.map(String) } });
const FLOAT = { type: 'DT_FLOAT' };

/** A graph model under construction, as the converter writes it. */
class Graph {
  readonly nodes: Attributes[] = [];
  readonly stored = new Map<string, Stored>();

  constructor(shape: readonly number[]) {
    this.nodes.push({ name: 'x', op: 'Placeholder', input: [], attr: { dtype: FLOAT, shape: { shape: { dim: [-1, ...shape].map((size) => ({ size: String(size) })) } } } });
  }

  constant(name: string, ...value: Stored): string {
    this.stored.set(name, value);
    this.nodes.push({ name, op: 'Const', input: [], attr: { dtype: value[2] === undefined ? FLOAT : { type: 'DT_INT32' } } });
    return name;
  }

  node(name: string, op: string, input: string[], attr: Attributes = {}): string {
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    return name;
  }

  /** A convolution between a cut into blocks and putting them together. */
  cut(name: string, op: string, input: [string, ...string[]], blocks: number[], paddings: number[], crops: number[], attr: Attributes = {}): string {
    const [from, ...weights] = input;
    const numbers = (what: string, shape: number[], values: number[]): string => this.constant(`${name}/${what}`, shape, values, 'int32');
    const cut = this.node(`${name}/SpaceToBatchND`, 'SpaceToBatchND', [from, numbers('blocks', [blocks.length], blocks), numbers('paddings', [blocks.length, 2], paddings)]);
    const ones = new Array<number>(op === 'Conv3D' ? 5 : 4).fill(1);
    this.node(name, op, [cut, ...weights], { padding: text('VALID'), data_format: text(op === 'Conv3D' ? 'NDHWC' : 'NHWC'), strides: integers(...ones), dilations: integers(...ones), ...attr });
    return this.node(`${name}/BatchToSpaceND`, 'BatchToSpaceND', [name, numbers('joined', [blocks.length], blocks), numbers('crops', [blocks.length, 2], crops)]);
  }

  get bytes(): { readonly modelJson: string; readonly weights: Uint8Array } {
    const weights = [...this.stored].map(([name, [shape, , dtype = 'float32']]) => ({ name, shape, dtype }));
    const parts = [...this.stored.values()].map(([, values, dtype]) => new Uint8Array((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer));
    const modelTopology = { node: this.nodes, versions: {} };
    return { modelJson: JSON.stringify({ format: 'graph-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }), weights: Buffer.concat(parts) };
  }
}

/** Values of a weight, from its name. */
function random(name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from(normalValues(7, name, size), (value) => value * 0.6);
}

/** Weights that layers were given: they copy them. */
const given: tf.Tensor[] = [];
function kernelOf(name: string, shape: number[]): tf.Tensor {
  const kernel = tf.tensor(random(name, shape), shape);
  given.push(kernel);
  return kernel;
}

const CASES = {
  /** The same size with unequal rates and a filled up block; depthwise; without padding and without a bias; zeros as the graph says. */
  images: {
    shape: [9, 8, 2],
    layers: (): tfl.layers.Layer[] => [
      tfl.layers.conv2d({ name: 'a', filters: 3, kernelSize: 3, padding: 'same', dilationRate: [2, 3], weights: [kernelOf('a', [3, 3, 2, 3]), kernelOf('ab', [3])], inputShape: [9, 8, 2] }),
      tfl.layers.reLU({ name: 'ar' }),
      tfl.layers.depthwiseConv2d({ name: 'b', kernelSize: 3, padding: 'same', dilationRate: 2, depthMultiplier: 2, weights: [kernelOf('b', [3, 3, 3, 2]), kernelOf('bb', [6])] }),
      tfl.layers.reLU({ name: 'br' }),
      tfl.layers.conv2d({ name: 'c', filters: 3, kernelSize: [2, 3], dilationRate: 2, useBias: false, weights: [kernelOf('c', [2, 3, 6, 3])] }),
      tfl.layers.reLU({ name: 'cr' }),
      tfl.layers.zeroPadding2d({ name: 'dz', padding: [[1, 0], [2, 1]] }),
      tfl.layers.conv2d({ name: 'd', filters: 2, kernelSize: 2, dilationRate: 2, weights: [kernelOf('d', [2, 2, 3, 2]), kernelOf('db', [2])] }),
      tfl.layers.reLU({ name: 'dr' }),
    ],
    nodes: (graph: Graph): string => {
      const weight = (name: string, ...shape: number[]): string => graph.constant(name, shape, random(name, shape));
      const bias = (name: string, from: string, size: number): string => graph.node(`${name}r`, 'Relu', [graph.node(`${name}/BiasAdd`, 'BiasAdd', [from, weight(`${name}b`, size)], { data_format: text('NHWC') })]);
      const a = bias('a', graph.cut('a/Conv2D', 'Conv2D', ['x', weight('a', 3, 3, 2, 3)], [2, 3], [2, 3, 3, 4], [0, 1, 0, 1]), 3);
      const fused = { fused_ops: texts('BiasAdd', 'Relu'), num_args: { i: '1' }, epsilon: { f: 0 } };
      const b = graph.cut('b/depthwise', 'FusedDepthwiseConv2dNative', [a, weight('b', 3, 3, 3, 2), weight('bb', 6)], [2, 2], [2, 3, 2, 2], [0, 1, 0, 0], fused);
      const c = graph.node('cr', 'Relu', [graph.cut('c/Conv2D', 'Conv2D', [b, weight('c', 2, 3, 6, 3)], [2, 2], [0, 1, 0, 0], [0, 1, 0, 0])]);
      return bias('d', graph.cut('d/Conv2D', 'Conv2D', [c, weight('d', 2, 2, 3, 2)], [2, 2], [1, 0, 2, 2], [0, 0, 0, 1]), 2);
    },
    names: ['a/Conv2D', 'b/depthwise/sum', 'b/depthwise', 'c/Conv2D', 'd/Conv2D'],
    axes: [1, 2],
    channels: 2,
    engines: ENGINES,
  },
  series: {
    shape: [11, 2],
    layers: (): tfl.layers.Layer[] => [
      tfl.layers.conv1d({ name: 'a', filters: 4, kernelSize: 3, padding: 'same', dilationRate: 2, weights: [kernelOf('a', [3, 2, 4]), kernelOf('ab', [4])], inputShape: [11, 2] }),
      tfl.layers.reLU({ name: 'ar' }),
    ],
    nodes: (graph: Graph): string => {
      const int = (name: string, shape: number[], values: number[]): string => graph.constant(name, shape, values, 'int32');
      const cut = graph.node('a/cut', 'SpaceToBatchND', ['x', int('blocks', [1], [2]), int('paddings', [1, 2], [2, 3])]);
      const wide = graph.node('a/ExpandDims', 'ExpandDims', [cut, int('axis', [], [-3])]);
      const ones = integers(1, 1, 1, 1);
      const conv = graph.node('a/Conv1D', 'Conv2D', [wide, graph.constant('a', [1, 3, 2, 4], random('a', [3, 2, 4]))], { padding: text('VALID'), data_format: text('NHWC'), strides: ones, dilations: ones });
      const narrow = graph.node('a/Squeeze', 'Squeeze', [conv], { squeeze_dims: integers(-3) });
      const join = graph.node('a/join', 'BatchToSpaceND', [narrow, int('joined', [1], [2]), int('crops', [1, 2], [0, 1])]);
      return graph.node('ar', 'Relu', [graph.node('a/BiasAdd', 'BiasAdd', [join, graph.constant('ab', [4], random('ab', [4]))], { data_format: text('NHWC') })]);
    },
    names: ['a/Conv1D'],
    axes: [1],
    channels: 4,
    engines: ENGINES,
  },
  volumes: {
    shape: [4, 5, 5, 1],
    layers: (): tfl.layers.Layer[] => [
      tfl.layers.conv3d({ name: 'a', filters: 2, kernelSize: 3, padding: 'same', dilationRate: 2, useBias: false, weights: [kernelOf('a', [3, 3, 3, 1, 2])], inputShape: [4, 5, 5, 1] }),
      tfl.layers.reLU({ name: 'ar' }),
    ],
    nodes: (graph: Graph): string =>
      graph.node('ar', 'Relu', [graph.cut('a/Conv3D', 'Conv3D', ['x', graph.constant('a', [3, 3, 3, 1, 2], random('a', [3, 3, 3, 1, 2]))], [2, 2, 2], [2, 2, 2, 3, 2, 3], [0, 0, 0, 1, 0, 1])]),
    names: ['a/Conv3D'],
    axes: [1, 2, 3],
    channels: 2,
    // TensorFlow has no dilated convolution in three dimensions for processors.
    engines: ENGINES.filter((engine) => engine === 'wasm' || engine === 'cpu'),
  },
} as const;

type Case = (typeof CASES)[keyof typeof CASES];

function graphOf(network: Case): Graph {
  const graph = new Graph(network.shape);
  const mean = graph.node('mean', 'Mean', [network.nodes(graph), graph.constant('axes', [network.axes.length], network.axes, 'int32')], { keep_dims: { b: false } });
  const head = graph.constant('head', [network.channels, 3], random('head', [network.channels, 3]));
  graph.node('scores', 'MatMul', [mean, head], { transpose_a: { b: false }, transpose_b: { b: false } });
  return graph;
}

async function layersOf(network: Case, engine: EngineName): Promise<tfl.Sequential> {
  await openEngine(engine);
  const head = tfl.layers.dense({ name: 'scores', units: 3, useBias: false, weights: [kernelOf('head', [network.channels, 3])] });
  // There is no global pooling of volumes: one window over all of them.
  const pool = [[tfl.layers.globalAveragePooling1d({})], [tfl.layers.globalAveragePooling2d({})], [tfl.layers.averagePooling3d({ poolSize: [4, 5, 5] }), tfl.layers.flatten()]][network.axes.length - 1]!;
  const model = tfl.sequential({ layers: [...network.layers(), ...pool, head] });
  tf.dispose(given.splice(0));
  return model;
}

const inputOf = ({ shape }: Case): Tensor => tensor([2, ...shape], Float32Array.from(normalValues(3, 'input', 2 * shape.reduce((a: number, b: number) => a * b, 1))));
const METHODS: readonly (readonly [string, Method])[] = [
  ['LRP epsilon', lrp({ composite: 'epsilon' })], ['LRP epsilon-plus-flat', lrp({ composite: 'epsilon-plus-flat' })], ['LRP alpha-beta', lrp({ rule: 'alpha-beta' })],
  ['DeepLIFT', deepLift()], ['guided backpropagation', guidedBackprop()],
];

describe.each(Object.entries(CASES).flatMap(([title, network]) => network.engines.map((engine) => [title, engine, network] as const)))('dilated %s on %s', (_, engine, network) => {
  test('are one convolution each, in a graph as in layers, for values, gradients and backward rules', async () => {
    const live = await layersOf(network, engine);
    const [layers, graph] = [await loadModel(live, { engine }), await loadModel(graphOf(network).bytes, { engine })] as [ModelAdapter, ModelAdapter];
    expect(graph.layers.filter(({ kind }) => kind === 'conv').map(({ name }) => name)).toEqual(network.names);
    expect(graph.layers.some(({ operator }) => operator.includes('Batch'))).toBe(false);
    const input = inputOf(network);
    const maps = await expectSameAnswers(graph, layers, input, METHODS.map(([, method]) => method));
    for (const { provenance } of maps) expect(provenance.uncovered).toEqual([]);
    await Promise.all([graph.dispose(), layers.dispose()]);
    disposeAll(live);
  });

  test('give what the cut images give', async () => {
    const graph = graphOf(network);
    const folded = await loadModel(graph.bytes, { engine });
    // Somebody else who reads what is in between keeps it as it is.
    for (const node of [...graph.nodes]) if (node['op'] === 'BatchToSpaceND') graph.node(`${String(node['name'])}/reader`, 'Identity', [(node['input'] as string[])[0]!]);
    const { modelJson, weights } = graph.bytes;
    const signature = { inputs: {}, outputs: { scores: { name: 'scores:0', dtype: 'DT_FLOAT' } } };
    const cut = await loadModel({ modelJson: JSON.stringify({ ...(JSON.parse(modelJson) as object), signature }), weights }, { engine });
    expect(cut.layers.some(({ operator }) => operator === 'BatchToSpaceND')).toBe(true);
    await expectSameAnswers(folded, cut, inputOf(network), []);
    await Promise.all([folded.dispose(), cut.dispose()]);
  });
});

/** One cut convolution as a whole graph, changed. */
function single(change: (nodes: Attributes[]) => readonly Attributes[], rates: readonly [number[], number[], number[]] = [[2, 2], [2, 3, 2, 2], [0, 1, 0, 0]]): Graph['bytes'] {
  const graph = new Graph([5, 6, 1]);
  graph.cut('conv', 'Conv2D', ['x', graph.constant('w', [3, 3, 1, 2], random('w', [3, 3, 1, 2]))], ...rates);
  graph.nodes.splice(0, graph.nodes.length, ...change(graph.nodes));
  return graph.bytes;
}

const operators = async (bytes: Graph['bytes']): Promise<readonly string[]> => {
  const model = await loadModel(bytes, { engine: ENGINE });
  const found = model.layers.map(({ operator, name }) => `${name} ${operator}`);
  await model.dispose();
  return found;
};

test('a dilated convolution that ends the graph keeps the name of the output', async () => {
  expect(await operators(single((nodes) => nodes))).toEqual(['conv Conv2D', 'conv/BatchToSpaceND Identity']);
});

const changed = (name: string, attr: Attributes) => (nodes: Attributes[]): readonly Attributes[] =>
  nodes.map((node) => (node['name'] === name ? { ...node, attr: { ...(node['attr'] as Attributes), ...attr } } : node));

test.each([
  ['steps over places', single(changed('conv', { strides: integers(1, 2, 2, 1) }), [[2, 2], [2, 5, 2, 4], [0, 0, 0, 0]])],
  ['adds zeros of its own', single(changed('conv', { padding: text('SAME') }))],
  ['crops more in front than was added', single((nodes) => nodes, [[2, 2], [0, 1, 0, 0], [1, 0, 1, 1]])],
])('a convolution of cut images that %s stays as it is', async (_, bytes) => {
  expect(await operators(bytes)).toEqual(['conv/BatchToSpaceND BatchToSpaceND']);
});

test('a live graph model is folded, too, and stays its owner\'s', async () => {
  await openEngine(ENGINE);
  const { modelJson, weights } = graphOf(CASES.images).bytes;
  const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
  const live = await loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: new Uint8Array(weights).buffer }));
  const tensors = tf.memory().numTensors;
  const model = await loadModel(live);
  expect(model.layers.filter(({ kind }) => kind === 'conv').map(({ name }) => name)).toEqual(CASES.images.names);
  await model.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(Object.values(live.weights).flat().some(({ isDisposed }) => isDisposed)).toBe(false);
  live.dispose();
});

test('paddings that the graph computes from the size of its input are those of this size', async () => {
  const graph = new Graph([-1, -1, 1]);
  const int = (name: string, shape: number[], values: number[]): string => graph.constant(name, shape, values, 'int32');
  const sides = graph.node('sides', 'StridedSlice', [graph.node('shape', 'Shape', ['x']), int('from', [1], [1]), int('to', [1], [3]), int('step', [1], [1])]);
  // What fills up blocks of two behind two zeros on either side.
  const fill = graph.node('fill', 'FloorMod', [sides, int('two', [], [2])]);
  const lead = int('lead', [2], [2, 2]);
  const paddings = graph.node('paddings', 'Pack', [lead, graph.node('trail', 'AddV2', [lead, fill])], { axis: { i: '1' } });
  const crops = graph.node('crops', 'Pack', [int('none', [2], [0, 0]), fill], { axis: { i: '1' } });
  const cut = graph.node('cut', 'SpaceToBatchND', ['x', int('blocks', [2], [2, 2]), paddings]);
  const ones = integers(1, 1, 1, 1);
  graph.node('conv', 'Conv2D', [cut, graph.constant('w', [3, 3, 1, 2], random('w', [3, 3, 1, 2]))], { padding: text('VALID'), data_format: text('NHWC'), strides: ones, dilations: ones });
  graph.node('scores', 'Relu', [graph.node('join', 'BatchToSpaceND', ['conv', int('joined', [2], [2, 2]), crops])]);
  for (const inputShape of [[5, 6, 1], [6, 7, 1]]) {
    const model = await loadModel(graph.bytes, { engine: ENGINE, inputShape });
    expect(model.layers.map(({ name, shape }) => [name, shape])).toEqual(['conv', 'scores'].map((name) => [name, [null, ...inputShape.slice(0, 2), 2]]));
    await model.dispose();
  }
});
