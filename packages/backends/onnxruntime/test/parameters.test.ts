import { gradientAt, INPUT, tensor, type LayerParameters, type ModelAdapter, type ModelParameters, type Tensor } from '@pellucid/core';
import { ElementType, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, tensorAttribute, writeModel, type ModelParts } from '@pellucid/onnx-graph';
import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '../src/index.ts';

const { FLOAT, FLOAT16 } = ElementType;
const wave = (shape: readonly number[], phase = 0): Float32Array => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.3 * i + phase) + 0.25);
const constant = (name: string, ...shape: number[]): ReturnType<typeof makeTensor> => makeTensor(name, FLOAT, shape, wave(shape, name.length));
const x = tensor([2, 4], wave([2, 4]));

const load = (parts: Pick<ModelParts, 'nodes' | 'initializers'> & Partial<ModelParts>): ReturnType<typeof loadModel> => loadModel(writeModel(makeModel({
  name: 'made', opset: 17, producer: 'test',
  inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 4] })],
  outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 4] })],
  ...parts,
})));
const parametersOf = ({ parameters }: ModelAdapter<never>): ModelParameters => {
  if (parameters === undefined) throw new Error('it shows no parameters');
  return parameters;
};
const namesOf = (layers: readonly LayerParameters[]): [string, string[]][] => layers.map(({ layer, tensors }) => [layer, [...tensors.keys()]]);
const logitsOf = async (model: ModelAdapter<'gradient'>, input: Tensor = x): Promise<Float32Array> => (await model.evaluate({ input })).logits.data;

/** The logits of a copy with these values. */
async function replaced(model: ModelAdapter<never>, tensors: ReadonlyMap<string, Tensor>, input: Tensor = x): Promise<Float32Array> {
  const copy = await parametersOf(model).replace(tensors);
  try {
    return await logitsOf(copy, input);
  } finally {
    await copy.dispose();
  }
}

test('weights belong to the layer that reads them first, a bias to its product; what comes before every layer is not learnt', async () => {
  const model = await load({
    nodes: [
      makeNode('Sub', ['x', 'mean'], ['centred']), makeNode('Mul', ['centred', 'scale'], ['scaled']),
      makeNode('Transpose', ['W'], ['W/turned']), makeNode('MatMul', ['scaled', 'W/turned'], ['product']), makeNode('Add', ['b', 'product'], ['biased']),
      makeNode('Mul', ['biased', 'gamma'], ['weighted']), makeNode('Add', ['weighted', 'beta'], ['normed']), makeNode('Mul', ['normed', 'half'], ['halved']),
      makeNode('MatMul', ['halved', 'V'], ['aside']), makeNode('PRelu', ['halved', 'slope'], ['active']),
      makeNode('Gemm', ['active', 'W', 'c'], ['y']),
    ],
    initializers: [
      constant('mean', 4), constant('scale', 4), constant('W', 4, 4), constant('b', 4), constant('gamma', 4), constant('beta', 4), constant('half', 1), constant('slope', 4),
      constant('V', 4, 2), constant('c', 4),
    ],
    outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 4] }), makeValueInfo('aside', { elementType: FLOAT, shape: ['n', 2] })],
  });
  const layers = await parametersOf(model).read();
  // W is tied: the last layer reads it again. V leads to another output, `half` is one number.
  expect(namesOf(layers)).toEqual([['product', ['W', 'b']], ['weighted', ['gamma']], ['normed', ['beta']], ['active', ['slope']], ['y', ['c']]]);
  expect(model.layers.map(({ name }) => name)).toEqual(expect.arrayContaining(layers.map(({ layer }) => layer)));
  const before = await logitsOf(model);
  expect(await replaced(model, new Map(layers.flatMap(({ tensors }) => [...tensors])))).toEqual(before);
  // With W all 0 the scores are c, wherever W is read.
  const c = layers.at(-1)?.tensors.get('c')?.data ?? new Float32Array(0);
  expect(await replaced(model, new Map([['W', tensor([4, 4], new Float32Array(16))]]))).toEqual(Float32Array.of(...c, ...c));
  expect(await logitsOf(model)).toEqual(before);
  await model.dispose();
});

test('weights in nodes of constants are replaced as well', async () => {
  const weights = constant('W', 4, 4);
  const model = await load({ nodes: [makeNode('Constant', [], ['W'], [tensorAttribute('value', weights)]), makeNode('MatMul', ['x', 'W'], ['y'])], initializers: [] });
  expect(namesOf(await parametersOf(model).read())).toEqual([['y', ['W']]]);
  const doubled = tensor([4, 4], wave([4, 4], 1).map((value) => 2 * value));
  expect(await replaced(model, new Map([['W', doubled]]))).toEqual((await logitsOf(model)).map((value) => 2 * value));
  await model.dispose();
});

test('half precision stays so: equal values come back as the same bits', async () => {
  const half = makeTensor('W', FLOAT16, [4, 4], wave([4, 4]));
  const model = await load({
    nodes: [makeNode('Cast', ['W'], ['W/float'], [intAttribute('to', FLOAT)]), makeNode('MatMul', ['x', 'W/float'], ['y'])], initializers: [half],
  });
  const [layer] = await parametersOf(model).read();
  expect(layer?.layer).toBe('y');
  const read = layer?.tensors.get('W');
  expect(read?.data.every((value, i) => Math.abs(value - wave([4, 4])[i]!) < 1e-3)).toBe(true);
  expect(await replaced(model, layer?.tensors ?? new Map())).toEqual(await logitsOf(model));
  await model.dispose();
});

test('what a layer learnt whose result cannot be asked for is shown with the first layer behind it', async () => {
  const model = await load({
    nodes: [
      makeNode('Cast', ['x'], ['x/half'], [intAttribute('to', FLOAT16)]), makeNode('MatMul', ['x/half', 'W'], ['half']), makeNode('Add', ['half', 'b'], ['biased']),
      makeNode('Cast', ['biased'], ['y'], [intAttribute('to', FLOAT)]),
    ],
    initializers: [makeTensor('W', FLOAT16, [4, 4], wave([4, 4])), makeTensor('b', FLOAT16, [4], wave([4]))],
  });
  expect(namesOf(await parametersOf(model).read())).toEqual([['y', ['W', 'b']]]);
  await model.dispose();
});

test('batch normalisation shows scale, shift and statistics', async () => {
  const model = await load({
    nodes: [makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], ['y'])],
    initializers: [constant('gamma', 4), constant('beta', 4), constant('mean', 4), makeTensor('variance', FLOAT, [4], [1, 2, 3, 4])],
  });
  expect(namesOf(await parametersOf(model).read())).toEqual([['y', ['gamma', 'beta', 'mean', 'variance']]]);
  const zero = tensor([4], new Float32Array(4));
  const shift = tensor([4], [1, 2, 3, 4]);
  expect(await replaced(model, new Map([['gamma', zero], ['beta', shift]]))).toEqual(Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4));
  await model.dispose();
});

test.each([['external', true], ['convolutional', true], ['attention', false], ['functions', false]])('%s.onnx: a copy with equal weights has equal gradients, one without weights none but past them', async (name, only) => {
  const path = join(import.meta.dirname, 'models', `${name}.onnx`);
  const file = readFileSync(path);
  const model = await loadModel(path);
  const shape = model.input.shape.map((length, axis) => length ?? (axis === 0 ? 2 : 8));
  const input = tensor(shape, wave(shape).map((value) => value / 2));
  const gradient = async (asked: ModelAdapter<'gradient'>): Promise<Float32Array> =>
    gradientAt(await asked.evaluate({ input, gradient: { of: { kind: 'logit', targets: new Array<number>(shape[0]!).fill(1) }, at: [INPUT] } }), INPUT).data;
  const expected = await gradient(model);
  expect(expected.some((value) => value !== 0)).toBe(true);
  const layers = await parametersOf(model).read();
  const all = layers.flatMap(({ tensors }) => [...tensors]);
  expect(all.length).toBeGreaterThan(1);
  const same = await parametersOf(model).replace(new Map(all));
  expect(await gradient(same)).toEqual(expected);
  const none = await parametersOf(model).replace(new Map(all.map(([key, { shape: own, data }]) => [key, { shape: own, data: new Float32Array(data.length) }])));
  const without = await gradient(none);
  expect(without).not.toEqual(expected);
  expect(without.every((value) => value === 0)).toBe(only);
  expect(await gradient(model)).toEqual(expected);
  await Promise.all([model, same, none].map((adapter) => adapter.dispose()));
  expect(readFileSync(path).equals(file)).toBe(true);
});

test('what was learnt is read when it is asked for, and again each time', async () => {
  const model = await load({ nodes: [makeNode('MatMul', ['x', 'W'], ['y'])], initializers: [constant('W', 4, 4)] });
  const [layer] = await parametersOf(model).read();
  const { tensors } = layer ?? { tensors: new Map<string, Tensor>() };
  expect([tensors.size, tensors.has('W'), tensors.has('V'), [...tensors.keys()], tensors.get('V')]).toEqual([1, true, false, ['W'], undefined]);
  tensors.get('W')?.data.fill(0);
  const values = wave([4, 4], 1);
  expect([...tensors.values()][0]?.data).toEqual(values);
  expect([...tensors][0]?.[1].data).toEqual(values);
  const seen: string[] = [];
  tensors.forEach(({ data }, name, map) => seen.push(`${name} ${data.length} ${map === tensors}`));
  expect(seen).toEqual(['W 16 true']);
  await model.dispose();
  expect(() => tensors.get('W')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});

const EXPORTS = join(import.meta.dirname, '../../../../../shared/exports');
// Not the ones whose older forms add constant masks, or hold batch normalisations apart.
const FAMILIES = ['convnext', 'densenet', 'einsum', 'mixer', 'mobilenetv2', 'mobilenetv3', 'resnet', 'squeezenet', 'vgg', 'video', 'vit'];

(existsSync(EXPORTS) ? test : test.skip).each(FAMILIES)('every export of %s shows as many values, and a copy without them tells nothing apart', async (family) => {
  const files = readdirSync(join(EXPORTS, family)).filter((file) => /^(legacy|dynamo)\d+(\.fp16|\.unoptimised|\.external)?\.onnx$/.test(file));
  const counts = new Set<number>();
  for (const file of files) {
    const model = await loadModel(join(EXPORTS, family, file));
    const layers = await parametersOf(model).read();
    const all = new Map(layers.flatMap(({ tensors }) => [...tensors]));
    counts.add([...all.values()].reduce((sum, { data }) => sum + data.length, 0));
    const shape = model.input.shape.map((length, axis) => length ?? (axis === 0 ? 1 : 32));
    const input = tensor(shape, wave(shape));
    expect(await replaced(model, all, input)).toEqual(await logitsOf(model, input));
    const zeros = new Map([...all].map(([name, { shape: own, data }]) => [name, { shape: own, data: new Float32Array(data.length) }]));
    expect(new Set(await replaced(model, zeros, input)).size).toBe(1);
    await model.dispose();
  }
  expect(counts.size).toBe(1);
});
