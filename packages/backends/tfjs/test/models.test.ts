import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { INPUT, type Tensor } from '@pellucid/core';
import { contractBatch, softmaxNetwork } from '@pellucid/testkit';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { loadModel, openEngine } from '../src/index.ts';
import { disposeAll } from '../src/model/layers-tree.ts';
import { valueAt } from '../src/model/value-at.ts';
import { asLayersModel, modelBytes, type JoinedModel } from './contract-models.ts';
import { ENGINE, ENGINES } from './engines.ts';

const row = (...values: number[]): Tensor => ({ shape: [1, values.length], data: Float32Array.from(values) });
const rows = (...values: number[][]): Tensor => ({ shape: [values.length, values[0]!.length], data: Float32Array.from(values.flat()) });

/** Kernels that layers were given: they copy them. */
const kernels: tf.Tensor[] = [];
function dense(name: string, values: number[][], activation?: 'sigmoid' | 'softmax'): tfl.layers.Layer {
  const kernel = tf.tensor2d(values);
  kernels.push(kernel);
  return tfl.layers.dense({ units: kernel.shape[1], useBias: false, name, weights: [kernel], ...(activation && { activation }) });
}

let tensors: number;
beforeEach(async () => {
  await openEngine(ENGINE);
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  tf.dispose(kernels.splice(0));
  expect(tf.memory().numTensors).toBe(tensors);
});

describe('structure', () => {
  test('a model inside a model, shared and skipped, has every use of its layers as a layer with its own value and gradient', async () => {
    const trunk = tfl.sequential({
      name: 'trunk',
      layers: [
        tfl.layers.inputLayer({ inputShape: [2] }),
        dense('scale', [[2, 0], [0, 3]]),
        tfl.layers.reLU({ name: 'rectify' }),
      ],
    });
    const x = tfl.input({ shape: [2] });
    const once = trunk.apply(x) as tfl.SymbolicTensor;
    const both = tfl.layers.add({ name: 'both' }).apply([once, trunk.apply(once) as tfl.SymbolicTensor]);
    const score = dense('score', [[1], [1]]).apply(both) as tfl.SymbolicTensor;
    const live = tfl.model({ inputs: x, outputs: score });
    const model = await loadModel(live);
    expect(model.layers.map(({ name, kind, shape }) => [name, kind, shape])).toEqual([
      ['scale', 'dense', [null, 2]], ['rectify', 'relu', [null, 2]], ['scale:1', 'dense', [null, 2]], ['rectify:1', 'relu', [null, 2]],
      ['both', 'add', [null, 2]], ['score', 'dense', [null, 1]],
    ]);
    const places = ['scale', 'rectify', 'scale:1', 'rectify:1', 'both'];
    const { logits, activations, gradients } = await model.evaluate({
      input: row(1, 2),
      activations: places,
      gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT, ...places] },
    });
    // f(x) = sum(s x + s s x), s = (2, 3), all positive.
    expect([...logits.data]).toEqual([2 + 6 + 4 + 18]);
    expect(places.map((place) => [...valueAt(activations, place).data])).toEqual([[2, 6], [2, 6], [4, 18], [4, 18], [6, 24]]);
    expect([INPUT, ...places].map((place) => [...valueAt(gradients, place).data])).toEqual([[6, 12], [3, 4], [3, 4], [1, 1], [1, 1], [1, 1]]);
    const ambiguous = model.evaluate({ input: row(1, 2), activations: ['trunk/scale'] });
    await expect(ambiguous).rejects.toMatchObject({ code: 'LAYER_AMBIGUOUS', details: { candidates: '`scale`, `scale:1`' } });
    disposeAll(live);
  });

  test('of several outputs the first is the output, and any may give the logits', async () => {
    const x = tfl.input({ shape: [2] });
    const outputs = ['first', 'second'].map((name) => tfl.layers.dense({ units: 2, name }).apply(x) as tfl.SymbolicTensor);
    const live = tfl.model({ inputs: x, outputs });
    const [first, second] = [await loadModel(live), await loadModel(live, { logits: 'second' })];
    const asked = { input: row(1, 2), activations: ['first', 'second'] };
    const [a, b] = [await first.evaluate(asked), await second.evaluate(asked)];
    expect(a.logits).toEqual(valueAt(a.activations, 'first'));
    expect(b.logits).toEqual(valueAt(a.activations, 'second'));
    expect(b.output).toEqual(a.output);
    live.dispose();
  });
});

describe('logits', () => {
  test.each(['sigmoid', 'softmax'] as const)('a final %s inside a layer, as a layer, or behind a reshape, is left out', async (activation) => {
    const make: Record<string, () => tfl.layers.Layer[]> = {
      inside: () => [dense('scores', [[1, 2], [3, 4]], activation)],
      layer: () => [dense('scores', [[1, 2], [3, 4]]), tfl.layers.activation({ activation })],
      reshaped: () => [dense('scores', [[1, 2], [3, 4]], activation), tfl.layers.reshape({ targetShape: [2] })],
    };
    for (const layers of Object.values(make)) {
      const live = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [2] }), ...layers()] });
      const model = await loadModel(live);
      const { logits, output, gradients } = await model.evaluate({ input: row(0.5, 1), gradient: { of: { kind: 'logit', targets: [1] }, at: [INPUT] } });
      expect([...logits.data]).toEqual([3.5, 5]);
      const [p, q] = activation === 'sigmoid' ? [1 / (1 + Math.exp(-3.5)), 1 / (1 + Math.exp(-5))] : [1 / (1 + Math.exp(1.5)), 1 / (1 + Math.exp(-1.5))];
      expect(output.data[0]).toBeCloseTo(p, 6);
      expect(output.data[1]).toBeCloseTo(q, 6);
      expect([...valueAt(gradients, INPUT).data]).toEqual([2, 4]);
      disposeAll(live);
    }
  });

  test.each(['Sigmoid', 'Softmax', 'LogSoftmax'])('a final %s of a graph is left out', async (op) => {
    const model = await loadModel(graph([placeholder('x', [-1, 2]), node('scores', 'Mul', ['x', 'two']), node('end', op, ['scores'])], { two: [[2, 2]] }));
    const { logits, output } = await model.evaluate({ input: row(1, -1) });
    expect([...logits.data]).toEqual([2, -2]);
    expect(output).not.toEqual(logits);
    await model.dispose();
  });
});

const type = (dtype: string): object => ({ type: dtype });
const node = (name: string, op: string, input: string[], attr: object = {}): object => ({ name, op, input, attr: { T: type('DT_FLOAT'), ...attr } });
const placeholder = (name: string, shape: number[], dtype = 'DT_FLOAT'): object => ({
  name, op: 'Placeholder', input: [], attr: { dtype: type(dtype), shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } },
});

/** A graph model of these nodes and constants. */
function graph(nodes: object[], constants: Record<string, number[][]>): JoinedModel {
  const weights = Object.entries(constants).map(([name, values]) => ({ name, value: rows(...values) }));
  const consts = weights.map(({ name }) => ({ name, op: 'Const', input: [], attr: { dtype: type('DT_FLOAT') } }));
  return modelBytes('graph-model', { node: [...consts, ...nodes], versions: {} }, weights);
}

test('a live graph model answers like its file, and stays its owner\'s', async () => {
  const { modelJson, weights } = graph([placeholder('x', [-1, 2]), node('scores', 'Mul', ['x', 'two'])], { two: [[2, 3]] });
  const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
  const live = await loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: weights.slice().buffer }));
  const [fromLive, fromFile] = [await loadModel(live), await loadModel({ modelJson, weights })];
  const query = { input: row(1, -1), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;
  const answer = await fromLive.evaluate(query);
  expect(answer).toEqual(await fromFile.evaluate(query));
  expect([...valueAt(answer.gradients, INPUT).data]).toEqual([2, 3]);
  await Promise.all([fromLive.dispose(), fromFile.dispose()]);
  expect(live.weights['two']?.[0]?.isDisposed).toBe(false);
  live.dispose();
});

test('a band of a matrix has two bounds of its own', async () => {
  const { modelJson, weights } = graph([placeholder('x', [-1, 3, 3]), node('band', 'MatrixBandPart', ['x', 'lower', 'upper'])], {});
  const json = JSON.parse(modelJson) as { modelTopology: { node: object[] }; weightsManifest: { weights: object[] }[] };
  json.modelTopology.node.unshift(...['lower', 'upper'].map((name) => ({ name, op: 'Const', input: [], attr: { dtype: type('DT_INT32') } })));
  json.weightsManifest[0]!.weights.push(...['lower', 'upper'].map((name) => ({ name, shape: [], dtype: 'int32' })));
  const bounds = new Uint8Array(Int32Array.of(0, 1).buffer);
  const model = await loadModel({ modelJson: JSON.stringify(json), weights: [weights, bounds] });
  const { output, gradients } = await model.evaluate({ input: { shape: [1, 3, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) }, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
  expect([...output.data]).toEqual([1, 2, 0, 0, 5, 6, 0, 0, 9]);
  expect([...valueAt(gradients, INPUT).data]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 1]);
  await model.dispose();
});

test('a layer of a graph whose activation is a module of its own ends with that', async () => {
  const nodes = [placeholder('x', [-1, 2]), node('net/dense/BiasAdd', 'Mul', ['x', 'two']), node('net/dense/Gelu/mul', 'Mul', ['net/dense/BiasAdd', 'two']), node('net/out/add', 'AddV2', ['net/dense/Gelu/mul', 'two'])];
  const model = await loadModel(graph(nodes, { two: [[2, 3]] }));
  const { activations } = await model.evaluate({ input: row(1, -1), activations: ['dense', 'dense/BiasAdd', 'Gelu', 'net/out'] });
  expect([...activations].map(([name, { data }]) => [name, ...data])).toEqual([['dense', 4, -9], ['dense/BiasAdd', 2, -3], ['Gelu', 4, -9], ['net/out', 6, -6]]);
  expect(model.layers.some(({ name, aliases }) => [name, ...aliases].includes('net'))).toBe(false);
  await model.dispose();
});

test('the first output of a graph is the one that Keras numbers first', async () => {
  const { modelJson, weights } = graph([placeholder('x', [-1, 2]), node('first', 'Mul', ['x', 'two']), node('second', 'AddV2', ['x', 'two']), node('tenth', 'AddV2', ['second', 'two'])], { two: [[2, 3]] });
  const describe = (name: string): object => ({ name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '2' }] } });
  const outputs = { output_10: describe('tenth'), output_2: describe('second'), output_1: describe('first') };
  const model = await loadModel({ modelJson: JSON.stringify({ ...(JSON.parse(modelJson) as object), signature: { inputs: { x: describe('x') }, outputs } }), weights });
  expect(model.output.name).toBe('output_1');
  expect([...(await model.evaluate({ input: row(1, -1) })).logits.data]).toEqual([2, -3]);
  await model.dispose();
});

describe('a normalisation by the statistics of its input, as Keras writes layer normalisation', () => {
  const s = (text: string): object => ({ s: Buffer.from(text).toString('base64') });
  const source = (layout: string): JoinedModel => graph([
    placeholder('x', layout === 'NCHW' ? [-1, 2, 2, 1] : [-1, 2, 1, 2]),
    node('norm', 'FusedBatchNormV3', ['x', 'scale', 'offset', 'none', 'none'], { is_training: { b: true }, epsilon: { f: 0.25 }, data_format: s(layout) }),
    node('weighted', 'Mul', ['norm', 'factor']),
  ], { scale: [[2, 4]], offset: [[1, -1]], none: [[0]], factor: [[3]] });

  test.each([['NCHW', [3, 1, 1, 7]], ['NHWC', [3, 1, 1, 7]]])('is right with its gradient (%s)', async (layout, values) => {
    const model = await loadModel(source(layout));
    const shape = layout === 'NCHW' ? [1, 2, 2, 1] : [1, 2, 1, 2];
    // Channels (3, 1) and (1, 7), whose means are 2 and 4 and whose variances 1 and 9.
    const data = Float32Array.from(layout === 'NCHW' ? values : [values[0]!, values[2]!, values[1]!, values[3]!]);
    const { logits, gradients } = await model.evaluate({ input: { shape, data }, gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT] } });
    const channel = (at: ArrayLike<number>, c: number): number[] => (layout === 'NCHW' ? [at[2 * c]!, at[2 * c + 1]!] : [at[c]!, at[c + 2]!]);
    const [root, wide] = [1 / Math.sqrt(1.25), 1 / Math.sqrt(9.25)];
    channel(logits.data, 0).forEach((value, i) => { expect(value).toBeCloseTo(3 * (2 * root * [1, -1][i]! + 1), 5); });
    channel(logits.data, 1).forEach((value, i) => { expect(value).toBeCloseTo(3 * (4 * wide * [-3, 3][i]! - 1), 5); });
    // d y_0 / d x_j = scale r (delta_0j - 1/2 - c_0 c_j r^2 / 2), with c the centred values.
    const slopes = [1, -1].map((c, j) => 6 * root * ((j === 0 ? 1 : 0) - 0.5 - (c * root * root) / 2));
    channel(valueAt(gradients, INPUT).data, 0).forEach((slope, j) => { expect(slope).toBeCloseTo(slopes[j]!, 5); });
    expect(channel(valueAt(gradients, INPUT).data, 1)).toEqual([0, 0]);
    await model.dispose();
  });

  test('is right in a live model, too', async () => {
    const { modelJson, weights } = source('NHWC');
    const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
    const live = await loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: weights.slice().buffer }));
    const [fromLive, fromFile] = [await loadModel(live), await loadModel({ modelJson, weights })];
    const query = { input: { shape: [1, 2, 1, 2], data: Float32Array.of(3, 1, 1, 7) }, gradient: { of: { kind: 'logit', targets: [0] }, at: [INPUT] } } as const;
    expect(await fromLive.evaluate(query)).toEqual(await fromFile.evaluate(query));
    await Promise.all([fromLive.dispose(), fromFile.dispose()]);
    live.dispose();
  });
});

describe('what the optimiser of TensorFlow took for a bias', () => {
  const encode = (part: string): string => Buffer.from(part).toString('base64');
  const fused = (...parts: string[]): object => node('sum', '_FusedMatMul', ['x', 'w', 'x'], { fused_ops: { list: { s: parts.map(encode) } }, num_args: { i: '1' } });
  const residual = (...parts: string[]): JoinedModel => graph([placeholder('x', [-1, 2]), fused(...parts)], { w: [[2, 0], [0, 3]] });
  const query = { input: row(1, -1), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;

  test.each([
    ['BiasAdd,Relu', [3, 0], [3, 0], 'Relu'],
    ['BiasAdd', [3, -4], [3, 4], 'AddV2'],
  ])('and depends on the input is a sum: %s', async (parts, values, slopes, operator) => {
    const model = await loadModel(residual(...parts.split(',')));
    expect(model.layers.map((layer) => [layer.name, layer.operator]).at(-1)).toEqual(['sum', operator]);
    const { logits, gradients } = await model.evaluate(query);
    expect([...logits.data]).toEqual(values);
    expect([...valueAt(gradients, INPUT).data]).toEqual(slopes);
    await model.dispose();
  });

  test.each(ENGINES)('has its gradient in a live model, too (%s)', async (engine) => {
    await openEngine(engine);
    const { modelJson, weights } = residual('BiasAdd');
    const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
    const live = await loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: weights.slice().buffer }));
    const model = await loadModel(live, { engine });
    expect([...valueAt((await model.evaluate(query)).gradients, INPUT).data]).toEqual([3, 4]);
    await model.dispose();
    live.dispose();
  });
});

describe('several inputs', () => {
  const product = (): tfl.LayersModel => {
    const inputs = ['left', 'right'].map((name) => tfl.input({ shape: [2], name }));
    return tfl.model({ inputs, outputs: tfl.layers.multiply({ name: 'product' }).apply(inputs) as tfl.SymbolicTensor });
  };
  const twoNodes = graph([placeholder('left', [-1, 2]), placeholder('right', [-1, 2]), node('product', 'Mul', ['left', 'right'])], {});
  const sources = { layers: product, graph: () => twoNodes };
  const of = { kind: 'sum-of-logits' } as const;

  test.each(Object.entries(sources))('of a %s model: one is explained, the others are bound, for one sample or for the batch', async (_, source) => {
    const from = source();
    const input = rows([1, 2], [3, 4]);
    const single = await loadModel(from, { bind: { right: row(5, 6) } });
    expect(single.input).toMatchObject({ name: 'left', shape: [null, 2] });
    const repeated = await single.evaluate({ input, gradient: { of, at: [INPUT] } });
    expect([...repeated.logits.data]).toEqual([5, 12, 15, 24]);
    expect([...valueAt(repeated.gradients, INPUT).data]).toEqual([5, 6, 5, 6]);
    const whole = await loadModel(from, { input: 'right', bind: { left: rows([5, 6], [7, 8]) } });
    const paired = await whole.evaluate({ input, gradient: { of, at: [INPUT] } });
    expect([...valueAt(paired.gradients, INPUT).data]).toEqual([5, 6, 7, 8]);
    await expect(whole.evaluate({ input: row(1, 2) })).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/`left` is bound.*2 samples.*has 1.*`samples`/) });
    const twice = rows([1, 2], [3, 4], [1, 2], [3, 4]);
    await expect(whole.evaluate({ input: twice })).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/has 4/) });
    expect([...(await whole.evaluate({ input }, { memoryBudget: 1 })).logits.data]).toEqual([5, 12, 21, 32]);
    // Rows that repeat and select samples go with the values of theirs, however they are cut.
    for (const memoryBudget of [undefined, 1]) {
      const selected = await whole.evaluate({ input: twice, samples: [1, 0, 0, 1], gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } }, { memoryBudget });
      expect([...valueAt(selected.gradients, INPUT).data]).toEqual([7, 8, 5, 6, 5, 6, 7, 8]);
    }
    for (const samples of [[0, 1], [0, 1, 2, 0], [0, 1, -1, 0]]) await expect(whole.evaluate({ input: twice, samples })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await Promise.all([single.dispose(), whole.dispose()]);
    if (from instanceof tfl.LayersModel) from.dispose();
  });

  test.each([
    ['none is named', {}, 'MODEL_UNSUPPORTED', /2 inputs \(`left`, `right`\).*`input`.*`bind`/],
    ['one is not bound', { input: 'left' }, 'MODEL_UNSUPPORTED', /`right` must have values/],
    ['an unknown one is named', { input: 'lift', bind: { right: row(1, 2) } }, 'MODEL_UNSUPPORTED', /no input `lift`.*`left`/],
    ['an unknown one is bound', { bind: { wrong: row(1, 2) } }, 'MODEL_UNSUPPORTED', /no input `wrong`.*`right`/],
    ['one is both', { input: 'right', bind: { right: row(1, 2) } }, 'MODEL_UNSUPPORTED', /both explained and bound/],
    ['all are bound', { bind: { left: row(1, 2), right: row(1, 2) } }, 'MODEL_UNSUPPORTED', /no input to explain/],
    ['the values have the wrong shape', { bind: { right: row(1, 2, 3) } }, 'SHAPE_MISMATCH', /`right`.*\[\?, 2\].*\[1, 3\]/],
    ['values are no numbers', { bind: { right: row(1, NaN) } }, 'INPUT_NOT_FINITE', /`right`.*NaN/],
    ['values are missing', { bind: { right: { shape: [1, 2], data: new Float32Array(1) } } }, 'SHAPE_MISMATCH', /1 values/],
  ])('are refused where %s', async (_, options, code, message) => {
    for (const source of Object.values(sources)) {
      const from = source();
      await expect(loadModel(from, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      if (from instanceof tfl.LayersModel) from.dispose();
    }
  });

  test('whole numbers can be bound, and not explained', async () => {
    const indices = placeholder('which', [-1], 'DT_INT32');
    const table = [[1, 2], [3, 4], [5, 6]];
    const gather = node('rows', 'GatherV2', ['table', 'which', 'axis']);
    const bytes = graph([placeholder('x', [-1, 2]), indices, gather, node('product', 'Mul', ['x', 'rows'])], { table, axis: [[0]] });
    const model = await loadModel(bytes, { input: 'x', bind: { which: { shape: [1], data: Float32Array.of(2) } } });
    const { logits } = await model.evaluate({ input: rows([1, 1], [10, 10]) });
    expect([...logits.data]).toEqual([5, 6, 50, 60]);
    await model.dispose();
    await expect(loadModel(bytes, { input: 'which', bind: { x: row(1, 2) } })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/int32/) });
  });
});

describe('from the web', () => {
  const { modelJson, weights } = asLayersModel(softmaxNetwork);
  const sharded = modelJson.replace('"paths":["weights.bin"]', '"paths":["a.bin","sub/b.bin"]');
  const outside = (path: string): string => modelJson.replace('weights.bin', path);
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const files: Record<string, string | Uint8Array> = {
        '/net/model.json': sharded, '/net/a.bin': weights.subarray(0, 40), '/net/sub/b.bin': weights.subarray(40), '/weights.bin': weights,
        '/net/up.json': outside('../weights.bin'), '/net/coded.json': outside('%2e%2e/weights.bin'), '/net/root.json': outside('/weights.bin'), '/net/slash.json': outside('..%2fweights.bin'),
        '/net/away.json': outside('http://127.0.0.1:9/weights.bin'), '/net/none.json': outside('none.bin'), '/net/page.json': '<html>',
      };
      const content = files[(request.url ?? '').replace(/\?key=1$/, '')];
      const allowed = content !== undefined && (!request.url?.startsWith('/net/sub') || request.url.endsWith('?key=1'));
      response.writeHead(allowed ? 200 : 404).end(allowed ? content : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/net`;
  });
  afterAll(() => {
    server.close();
    // The client keeps its connections open.
    server.closeAllConnections();
  });

  test('a model and its weight files are read from beside each other, with the key of a signed address', async () => {
    const [web, memory] = [await loadModel(`${base}/model.json?key=1`), await loadModel({ modelJson: sharded, weights: [weights.subarray(0, 40), weights.subarray(40)] })];
    const { shape, data } = contractBatch(softmaxNetwork, 2);
    const input = { shape: [shape[0]!, shape[2]!, shape[3]!, shape[1]!], data };
    expect(await web.evaluate({ input })).toEqual(await memory.evaluate({ input }));
    expect(web.hash).toBe(memory.hash);
    expect(web.name).toBe('net');
    await Promise.all([web.dispose(), memory.dispose()]);
  });

  test.each([
    ['missing.json', /404/], ['model.json', /sub\/b\.bin.*404/], ['none.json', /none\.bin.*404/], ['page.json', /not JSON/],
    ['up.json', /outside/], ['coded.json', /outside/], ['slash.json', /outside/], ['root.json', /outside/], ['away.json', /outside/],
  ])('%s is refused', async (file, message) => {
    await expect(loadModel(`${base}/${file}`)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(message) });
  });

  test('a server that is not there, and an address of another kind, are refused', async () => {
    await expect(loadModel('http://127.0.0.1:9/model.json')).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/cannot be had/) });
    await expect(loadModel(new URL('ftp://host/model.json'))).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/ftp:/) });
    await expect(loadModel('http://')).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/valid URL/) });
  });
});
