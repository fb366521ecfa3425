import { findLayer, gradientAt, INPUT, isPellucidError, tensor, type PellucidError } from '@pellucid/core';
import { copyWith, ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type ModelParts } from '@pellucid/onnx-graph';
import { convolutionalNetwork, contractBatch } from '@pellucid/testkit';
import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadModel, type LoadModelOptions } from '../src/index.ts';
import { buildNetwork } from './build-network.ts';

const { FLOAT, FLOAT16, INT64 } = ElementType;
const folder = mkdtempSync(join(tmpdir(), 'pellucid-load-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const bytes = buildNetwork(convolutionalNetwork);
const write = (name: string, content: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const model = (parts: Partial<ModelParts>): Uint8Array =>
  writeModel(
    makeModel({
      name: 'made', opset: 17, producer: 'pellucid', initializers: [],
      inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 3] })],
      outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 3] })],
      nodes: [makeNode('Relu', ['x'], ['y'])],
      ...parts,
    }),
  );

async function refusal(source: string | URL | Uint8Array, options?: LoadModelOptions): Promise<PellucidError> {
  const error: unknown = await loadModel(source, options).then(() => new Error('it loaded'), (reason: unknown) => reason);
  if (!isPellucidError(error)) throw error;
  return error;
}

test('a path, a URL and bytes give the same model', async () => {
  const path = write('network.onnx', bytes);
  const models = await Promise.all([loadModel(path), loadModel(pathToFileURL(path)), loadModel(pathToFileURL(path).href), loadModel(bytes, { name: 'network.onnx' })]);
  expect(new Set(models.map(({ hash }) => hash)).size).toBe(1);
  expect(models.map(({ name }) => name)).toEqual(new Array(4).fill('network.onnx'));
  expect(models[0].backend).toMatchObject({ name: 'onnxruntime', engine: 'cpu', device: 'cpu' });
  await Promise.all(models.map((loaded) => loaded.dispose()));
});

test('a missing file and a folder are named', async () => {
  expect(await refusal(join(folder, 'nowhere.onnx'))).toMatchObject({ code: 'DATA_MISSING', message: expect.stringMatching(/nowhere\.onnx.*no such file/) });
  expect(await refusal(folder)).toMatchObject({ code: 'DATA_MISSING' });
});

test.each([
  ['text', 'this is no model at all, but a text\n'.repeat(20)],
  ['nothing', ''],
  ['the first half of a model', bytes.subarray(0, bytes.length / 2)],
])('a file that holds %s is no model', async (name, content) => {
  const file = `${name.replaceAll(' ', '-')}.onnx`;
  expect(await refusal(write(file, content))).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(file) });
});

test('an unknown operator is named with its node, and the cause is what the engine says', async () => {
  const error = await refusal(model({ nodes: [makeNode('Frobnicate', ['x'], ['y'])] }));
  expect(error).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/`Frobnicate`.*`y`/) });
  expect(String(error.cause)).toContain('Frobnicate');
});

test.each([
  ['float16', FLOAT16, /FLOAT16/],
  ['int64', INT64, /INT64/],
])('an input of type %s is refused with what would help', async (_, elementType, message) => {
  const inputs = [makeValueInfo('x', { elementType, shape: ['n', 3] })];
  const nodes = [makeNode('Cast', ['x'], ['y'], [intAttribute('to', FLOAT)])];
  expect(await refusal(model({ inputs, nodes }))).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(message) });
});

const two = model({
  inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 3] }), makeValueInfo('scale', { elementType: FLOAT, shape: ['n', 3] })],
  nodes: [makeNode('Mul', ['x', 'scale'], ['y'])],
});

test('several inputs need a choice and values for the others', async () => {
  expect(await refusal(two)).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(/`x`, `scale`.*`input`.*`bind`/) });
  expect(await refusal(two, { input: 'x' })).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('`scale` must have values') });
  expect(await refusal(two, { input: 'z' })).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('no input `z`') });
  expect(await refusal(two, { bind: { z: tensor([1, 3], [1, 2, 3]) } })).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  expect(await refusal(two, { bind: { scale: tensor([1, 4], [1, 2, 3, 4]) } })).toMatchObject({ code: 'SHAPE_MISMATCH' });
  expect(await refusal(two, { bind: { scale: tensor([1, 3], [1, NaN, 3]) } })).toMatchObject({ code: 'INPUT_NOT_FINITE' });
});

test('values bound for a whole batch go with that batch, or with the samples that its rows are said to be', async () => {
  const loaded = await loadModel(two, { bind: { scale: tensor([2, 3], [1, 2, 3, 4, 5, 6]) } });
  const answer = await loaded.evaluate({ input: tensor([2, 3], [1, 1, 1, 2, 2, 2]) });
  expect([...answer.output.data]).toEqual([1, 2, 3, 8, 10, 12]);
  for (const count of [1, 3, 4]) {
    const input = tensor([count, 3], new Array<number>(3 * count).fill(1));
    await expect(loaded.evaluate({ input })).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/`scale` is bound.*2 samples.*`samples`/) });
  }
  const ones = tensor([4, 3], new Array<number>(12).fill(1));
  const gradient = { of: { kind: 'sum-of-logits' }, at: [INPUT] } as const;
  const pairs = { name: 'pairs', paired: true, rules: {} } as const;
  for (const memoryBudget of [undefined, 1]) {
    expect([...(await loaded.evaluate({ input: tensor([2, 3], [1, 1, 1, 2, 2, 2]) }, { memoryBudget })).output.data]).toEqual([1, 2, 3, 8, 10, 12]);
    for (const rules of [undefined, pairs]) {
      const answer = await loaded.evaluate({ input: ones, samples: [1, 0, 0, 1], gradient: { ...gradient, rules } }, { memoryBudget });
      expect([...gradientAt(answer, INPUT).data]).toEqual([4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6]);
    }
  }
  for (const samples of [[0, 1], [0, 1, 2, 0], [0, 1, -1, 0], [0, 0.5, 1, 0]]) await expect(loaded.evaluate({ input: ones, samples })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await loaded.dispose();
});

test('what a node refuses while the model runs is an error that names the node, and the model can be asked again', async () => {
  const nodes = [makeNode('AveragePool', ['x'], ['half'], [intsAttribute('kernel_shape', [2]), intsAttribute('strides', [2])]),
    makeNode('Concat', ['half', 'half'], ['twice'], [intAttribute('axis', 2)]), makeNode('Add', ['x', 'twice'], ['joined']),
    makeNode('ReduceMean', ['joined'], ['y'], [intsAttribute('axes', [2]), intAttribute('keepdims', 0)])];
  const dynamic = model({ nodes, inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 1, 'length'] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 1] })] });
  const loaded = await loadModel(dynamic, { name: 'pooling.onnx' });
  const gradient = { of: { kind: 'sum-of-logits' }, at: [INPUT] } as const;
  await expect(loaded.evaluate({ input: tensor([1, 1, 5], [1, 2, 3, 4, 5]), gradient })).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringMatching(/^Cannot run `pooling.onnx` on a batch of shape \[1, 1, 5\]: node `joined` \(Add\) failed in ONNX Runtime: axis .*4 by 5\. Free/),
  });
  expect([...gradientAt(await loaded.evaluate({ input: tensor([1, 1, 4], [1, 2, 3, 4]), gradient }), INPUT).data]).toEqual([0.5, 0.5, 0.5, 0.5]);
  await loaded.dispose();
});

test('a bound input is repeated for every sample', async () => {
  const loaded = await loadModel(two, { bind: { scale: tensor([1, 3], [1, 2, 3]) } });
  const input = tensor([2, 3], [1, 1, 1, 2, 2, 2]);
  const answer = await loaded.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
  expect([...answer.output.data]).toEqual([1, 2, 3, 2, 4, 6]);
  expect([...gradientAt(answer, INPUT).data]).toEqual([1, 2, 3, 1, 2, 3]);
  await loaded.dispose();
});

test('a sigmoid at the end is looked through, and another tensor can be named', async () => {
  const nodes = [makeNode('Relu', ['x'], ['h']), makeNode('Neg', ['h'], ['z']), makeNode('Sigmoid', ['z'], ['y'])];
  const input = tensor([1, 3], [1, -2, 3]);
  for (const [options, logits] of [[{}, [-1, -0, -3]], [{ logits: 'h' }, [1, 0, 3]]] as const) {
    const loaded = await loadModel(model({ nodes }), options);
    expect([...(await loaded.evaluate({ input })).logits.data]).toEqual(logits);
    await loaded.dispose();
  }
  expect(await refusal(model({ nodes }), { logits: 'q' })).toMatchObject({ code: 'LAYER_NOT_FOUND' });
});

test('scores before a softmax over maps of one pixel are flattened', async () => {
  const nodes = [makeNode('Softmax', ['x'], ['p'], [intAttribute('axis', 1)]), makeNode('Squeeze', ['p', 'axes'], ['y'])];
  const loaded = await loadModel(
    model({
      nodes,
      initializers: [makeTensor('axes', INT64, [2], [2, 3])],
      inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 5, 1, 1] })],
      outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 5] })],
    }),
  );
  const answer = await loaded.evaluate({ input: tensor([2, 5, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) });
  expect(answer.logits).toEqual(tensor([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  expect(answer.output.shape).toEqual([2, 5]);
  await loaded.dispose();
});

test('an image whose last axis alone can be channels has channels last, unless told otherwise', async () => {
  const image = model({
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 8, 8, 3] })],
    nodes: [makeNode('Transpose', ['x'], ['t'], [intsAttribute('perm', [0, 3, 1, 2])]), makeNode('ReduceMean', ['t'], ['y'], [intsAttribute('axes', [2, 3]), intAttribute('keepdims', 0)])],
  });
  const loaded = await loadModel(image);
  expect(loaded.input).toEqual({ name: 'x', shape: [null, 8, 8, 3], layout: 'NHWC' });
  expect(loaded.layers.map(({ name, layout }) => [name, layout])).toEqual([['t', 'NCHW'], ['y', 'NC']]);
  const told = await loadModel(image, { layout: 'NCHW' });
  expect(told.input.layout).toBe('NCHW');
  await Promise.all([loaded.dispose(), told.dispose()]);
});

test('a gradient behind the logits, or past an operator without one, is a typed error', async () => {
  const nodes = [makeNode('Relu', ['x'], ['h']), makeNode('Softmax', ['h'], ['y'])];
  const loaded = await loadModel(model({ nodes }));
  const input = tensor([1, 3], [1, 2, 3]);
  await expect(loaded.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: ['y'] } })).rejects.toMatchObject({ code: 'GRADIENT_UNREACHABLE', message: expect.stringMatching(/^(?!.*logits\/flat).*does not depend on it\.$/) });
  await loaded.dispose();
});

test('shape arithmetic and what is computed from constants are no layers', async () => {
  const nodes = [
    makeNode('Shape', ['x'], ['shape']),
    makeNode('Add', ['w', 'w'], ['w2']),
    makeNode('Mul', ['x', 'w2'], ['scaled']),
    makeNode('Reshape', ['scaled', 'shape'], ['y']),
  ];
  const loaded = await loadModel(model({ nodes, initializers: [makeTensor('w', FLOAT, [3], [1, 2, 3])] }));
  expect(loaded.layers.map(({ name }) => name)).toEqual(['scaled', 'y']);
  await loaded.dispose();
});

test('engines other than the default are used as they are given', async () => {
  const onnxruntime = await import('onnxruntime-node');
  let sessions = 0;
  const counting = {
    Tensor: onnxruntime.Tensor,
    env: onnxruntime.env,
    InferenceSession: {
      create: (content: Uint8Array, options?: Parameters<typeof onnxruntime.InferenceSession.create>[1]) => {
        sessions++;
        return onnxruntime.InferenceSession.create(content, options);
      },
    },
  };
  const loaded = await loadModel(bytes, { onnxruntime: counting, threads: 1 });
  const query = { input: contractBatch(convolutionalNetwork, 2), gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } } as const;
  await Promise.all([loaded.evaluate(query), loaded.evaluate(query), loaded.evaluate({ ...query, gradient: { ...query.gradient, of: { kind: 'logit', targets: [0, 1] } } })]);
  // The forward pass when loading, and one gradient for objectives of the same family.
  expect(sessions).toBe(2);
  await loaded.dispose();
});

test('a module that an older exporter writes twice is its last call, by weights that the calls share through an Identity', async () => {
  const matrix = (name: string): ReturnType<typeof makeTensor> => makeTensor(name, FLOAT, [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const node = (name: string, inputs: string[], output: string): ReturnType<typeof makeNode> => copyWith(makeNode(name.slice(name.lastIndexOf('/') + 1), inputs, [output]), { name });
  const twice = model({
    initializers: [matrix('onnx::MatMul_1'), matrix('own')],
    nodes: [
      makeNode('Identity', ['onnx::MatMul_1'], ['onnx::MatMul_2']), node('/fc/MatMul', ['x', 'onnx::MatMul_1'], 'a'), node('/act/Relu', ['a'], 'b'),
      node('/fc_1/MatMul', ['b', 'onnx::MatMul_2'], 'c'), node('/act_1/Relu', ['c'], 'd'), node('/fc_2/MatMul', ['d', 'own'], 'y'),
    ],
  });
  const loaded = await loadModel(twice);
  expect(['fc', 'act', 'fc_1', 'fc_2', '/fc/MatMul'].map((name) => findLayer(loaded, name).name)).toEqual(['c', 'd', 'c', 'y', 'a']);
  await loaded.dispose();
});

test('a network that computes with integers has layers of what these stand for, where gradients may pass', async () => {
  const { INT8, INT32, UINT8 } = ElementType;
  const triple = (name: string): string[] => [name, 'scale', name === 'w' ? 'even' : 'zero'];
  const integers = model({
    initializers: [
      makeTensor('whole', INT32, [4, 3, 3, 3], Array.from({ length: 108 }, (_, i) => ((i * 37) % 181) - 90)), makeTensor('none', INT32, [], [0]), makeTensor('half', INT32, [], [128]),
      makeTensor('scale', FLOAT, [], [0.02]),
    ],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 3, 8, 8] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 4] })],
    nodes: [
      makeNode('Cast', ['whole'], ['w'], [intAttribute('to', INT8)]), makeNode('Cast', ['none'], ['even'], [intAttribute('to', INT8)]), makeNode('Cast', ['half'], ['zero'], [intAttribute('to', UINT8)]),
      makeNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q']), copyWith(makeNode('QLinearConv', [...triple('q'), ...triple('w'), 'scale', 'zero'], ['c']), { name: 'conv' }),
      makeNode('MaxPool', ['c'], ['p'], [intsAttribute('kernel_shape', [2, 2])]), makeNode('DequantizeLinear', triple('p'), ['d']), makeNode('GlobalAveragePool', ['d'], ['g']), makeNode('Flatten', ['g'], ['y']),
    ],
  });
  const [plain, passing] = [await loadModel(integers), await loadModel(integers, { straightThrough: true })];
  expect(passing.input.layout).toBe('NCHW');
  expect(passing.layers.filter(({ kind, shape }) => kind === 'conv' && shape?.[1] === 4)).toHaveLength(1);
  const input = tensor([2, 3, 8, 8], Float32Array.from({ length: 384 }, (_, i) => Math.sin(i * i)));
  const [before, after] = [await plain.evaluate({ input }), await passing.evaluate({ input })];
  after.logits.data.forEach((value, i) => expect(value).toBeCloseTo(before.logits.data[i]!, 5));
  await Promise.all([plain.dispose(), passing.dispose()]);
});
