import { expect, test } from '@jest/globals';
import { batchSize, concatBatches, deepLiftRules, gradientAt, INPUT, sampleData, sliceBatch, type Evaluation, type Tensor } from '@pellucid/core';
import { differentiate } from '@pellucid/onnx-autodiff';
import { ElementType, extractSubgraph, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto, type OnnxModel } from '@pellucid/onnx-graph';
import { splitPairs } from '../src/graph/reference-activations.ts';
import { loadModel } from '../src/index.ts';

const FLOAT = ElementType.FLOAT;
const wave = (count: number, phase: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(2.1 * i + phase));
const images = (count: number, phase: number): Tensor => ({ shape: [count, 2, 6, 6], data: Float32Array.from(wave(count * 72, phase)) });
const PADDED = [intsAttribute('pads', [1, 1, 1, 1])];
const WEIGHTS = [
  makeTensor('first', FLOAT, [4, 2, 3, 3], wave(72, 1)), makeTensor('second', FLOAT, [4, 4, 3, 3], wave(144, 2)), makeTensor('last', FLOAT, [36, 3], wave(108, 3)),
  makeTensor('low', FLOAT, [], [0]), makeTensor('high', FLOAT, [], [1.5]), makeTensor('bias', FLOAT, [6], wave(6, 4)),
];
const HEAD = [
  makeNode('MaxPool', ['b'], ['p'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]), makeNode('Flatten', ['p'], ['f']), makeNode('MatMul', ['f', 'last'], ['y']),
];

/** Two convolutions of x [n, 2, 6, 6], what stands between them, and a max-pool. */
function networkOf(between: readonly NodeProto[]): OnnxModel {
  return makeModel({
    name: 'net', opset: 20, producer: 'test', initializers: WEIGHTS,
    nodes: [makeNode('Conv', ['x', 'first'], ['a'], PADDED), ...between, makeNode('Conv', ['r', 'second'], ['c'], PADDED), makeNode('Relu', ['c'], ['b']), ...HEAD],
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', 2, 6, 6] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: ['n', 3] })],
  });
}

const repeated = (one: Tensor, count: number): Tensor => concatBatches(Array.from({ length: count }, () => one));

type Model = Awaited<ReturnType<typeof loadModel>>;

function ask(model: Model, input: Tensor, baselines: Tensor): Promise<Evaluation> {
  const targets = Array.from({ length: batchSize(input) }, (_, i) => i % 3);
  return model.evaluate({ input: concatBatches([input, baselines]), gradient: { of: { kind: 'logit', targets: [...targets, ...targets] }, at: [INPUT], rules: deepLiftRules } });
}

/** One pair, as a model answers that was never asked about its baseline. */
async function askAnew(bytes: Uint8Array, input: Tensor, baseline: Tensor, target: number): Promise<Evaluation> {
  const model = await loadModel(bytes, { logits: 'y' });
  const gradient = { of: { kind: 'logit', targets: [target, target] }, at: [INPUT], rules: deepLiftRules } as const;
  const answer = await model.evaluate({ input: concatBatches([input, baseline]), gradient });
  await model.dispose();
  return answer;
}

function expectRow(actual: Tensor, row: number, expected: Tensor, expectedRow: number): void {
  const size = Math.max(...sampleData(expected, expectedRow).map(Math.abs));
  expect(size).toBeGreaterThan(0.1);
  const values = sampleData(actual, row);
  sampleData(expected, expectedRow).forEach((value, i) => { expect(Math.abs(values[i]! - value)).toBeLessThan(1e-5 * size); });
}

test.each<[string, readonly NodeProto[]]>([
  ['ReLU', [makeNode('Relu', ['a'], ['r'])]],
  ['ReLU6', [makeNode('Clip', ['a', 'low', 'high'], ['r'])]],
  ['GELU', [makeNode('Gelu', ['a'], ['r'])]],
  ['a gate', [makeNode('Sigmoid', ['a'], ['s']), makeNode('Mul', ['a', 's'], ['r'])]],
  ['an operator that is written out', [makeNode('BiasGelu', ['a', 'bias'], ['r'])]],
])('%s: answers with a baseline whose values are kept are those of samples and baselines in one batch', async (_, between) => {
  const network = networkOf(between);
  // The maker knows the standard operators alone.
  for (const node of network.graph.node) if (node.opType === 'BiasGelu') node.domain = 'com.microsoft';
  const [standard] = network.proto.opsetImport;
  if (standard) network.proto.opsetImport.push({ ...standard, domain: 'com.microsoft', version: 1n });
  const bytes = writeModel(network);
  const model = await loadModel(bytes, { logits: 'y' });
  // So many samples with one baseline that its values are kept from here on.
  await ask(model, images(16, 0.1), repeated(images(1, 2.1), 16));
  // Baselines after each other: some are known, others forgotten.
  for (const [question, phase] of [0.3, 0.3, 0.8, 0.8, 0.3].entries()) {
    for (const count of [1, 1, 3]) {
      const [input, baseline] = [images(count, phase + question), images(1, 7 * phase)];
      const actual = await ask(model, input, repeated(baseline, count));
      for (let i = 0; i < count; i++) {
        const plain = await askAnew(bytes, sliceBatch(input, i, i + 1), baseline, i % 3);
        for (const half of [0, 1]) {
          expectRow(actual.logits, i + half * count, plain.logits, half);
          expectRow(gradientAt(actual, INPUT), i + half * count, gradientAt(plain, INPUT), half);
        }
      }
    }
  }
  await model.dispose();
});

test('a baseline of its own for each sample is answered in the same question as before', async () => {
  const bytes = writeModel(networkOf([makeNode('Relu', ['a'], ['r'])]));
  const model = await loadModel(bytes, { logits: 'y' });
  const [input, baselines] = [images(3, 0.4), images(3, 2.9)];
  await ask(model, images(16, 0.1), repeated(images(1, 2.1), 16));
  for (let question = 0; question < 2; question++) {
    const actual = await ask(model, input, baselines);
    for (let i = 0; i < 3; i++) {
      const plain = await askAnew(bytes, sliceBatch(input, i, i + 1), sliceBatch(baselines, i, i + 1), i);
      expectRow(gradientAt(actual, INPUT), i, gradientAt(plain, INPUT), 0);
    }
  }
  await model.dispose();
});

test('of a derivative over pairs, the baseline is left in a graph of its own, and nothing is cut in halves but what follows from the cotangent', () => {
  const network = networkOf([makeNode('Relu', ['a'], ['r'])]);
  const { model, cotangent, gradients } = differentiate(network, { of: 'y', at: ['x'], rules: deepLiftRules });
  const whole = extractSubgraph(model, ['y', ...gradients.values()]);
  const subject = { model: network, input: { name: 'x', shape: [null, 2, 6, 6], layout: 'NCHW' } } as const;
  const split = splitPairs(subject, { model: whole, cotangent, gradients: [...gradients.values()] });
  expect(split?.reference.graph.input.map(({ name }) => name)).toEqual(['x']);
  expect([...split?.fed.keys() ?? []].toSorted()).toEqual(['a', 'b', 'c', 'p']);
  const made = new Set(split?.samples.graph.node.filter(({ opType }) => opType === 'Split').flatMap(({ input }) => input));
  for (const name of ['a', 'b', 'c', 'r', 'p', 'f', 'y']) expect(made.has(name)).toBe(false);
  expect(splitPairs(subject, { model: whole, cotangent, gradients: ['y'] })).toBeNull();
});

test('what is computed of the baseline alone for a ReLU6 is left with it', () => {
  const network = networkOf([makeNode('Clip', ['a', 'low', 'high'], ['r'])]);
  const { model, cotangent, gradients } = differentiate(network, { of: 'y', at: ['x'], rules: deepLiftRules });
  const whole = extractSubgraph(model, ['y', ...gradients.values()]);
  const split = splitPairs({ model: network, input: { name: 'x', shape: [null, 2, 6, 6], layout: 'NCHW' } }, { model: whole, cotangent, gradients: [...gradients.values()] });
  const fed = new Set(split?.fed.values());
  const held = new Set(split?.samples.graph.initializer.map(({ name }) => name));
  const alone = split?.samples.graph.node.filter(({ input }) => input.some((name) => fed.has(name)) && input.every((name) => fed.has(name) || held.has(name)));
  expect(alone?.map(({ opType }) => opType)).toEqual([]);
  // Beside `a` as it is: what became of it, and what lifts a change of 0.
  expect([...split?.fed.keys() ?? []].filter((name) => !['a', 'b', 'c', 'p'].includes(name))).toHaveLength(2);
  expect(split?.reference.graph.output.map(({ name }) => name).toSorted()).toEqual([...split?.fed.keys() ?? [], 'y'].toSorted());
});
