import { concatBatches, gradientAt, INPUT, sliceBatch, type BackwardRules, type ModelAdapter, type Tensor } from '@pellucid/core';
import { ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, int64Tensor } from '@pellucid/onnx-graph';
import { contractBatch, convolutionalNetwork } from '@pellucid/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '../src/index.ts';
import { buildNetwork } from './build-network.ts';

let model: ModelAdapter<OnnxCapability>;
beforeAll(async () => { model = await loadModel(buildNetwork(convolutionalNetwork)); });
afterAll(() => model.dispose());

const scaled = (factor: number): BackwardRules => ({
  name: `relu times ${factor}`,
  rules: { relu: ({ derivative, gradients }, { multiply, constant }) => derivative(multiply(gradients[0]!, constant(factor))) },
});

/** What a ReLU changed between a sample and its baseline, times the gradient. */
const paired: BackwardRules = {
  name: 'difference',
  paired: true,
  rules: {
    relu: ({ outputs, gradients }, { halves, join, subtract, multiply }) => {
      const [here, there] = halves(outputs[0]!);
      const change = subtract(here, there);
      return [multiply(gradients[0]!, join(change, change))];
    },
  },
};

const gradient = async (subject: ModelAdapter<OnnxCapability>, input: Tensor, rules?: BackwardRules, samples?: number): Promise<Tensor> => {
  const options = samples === undefined ? {} : { memoryBudget: samples * subject.bytesPerSample };
  return gradientAt(await subject.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT], rules } }, options), INPUT);
};

test('rules are part of what is compiled: by their name, and apart from the true derivative', async () => {
  const input = contractBatch(convolutionalNetwork, 2);
  const plain = await gradient(model, input);
  const reluCount = convolutionalNetwork.layers.filter(({ kind }) => kind === 'relu').length;
  for (const factor of [2, 4, 2]) {
    const ruled = await gradient(model, input, scaled(factor));
    ruled.data.forEach((value, i) => expect(value).toBeCloseTo(plain.data[i]! * factor ** reluCount, 3));
  }
  expect((await gradient(model, input)).data).toEqual(plain.data);
});

test('says which operations the rules did not cover', async () => {
  const input = contractBatch(convolutionalNetwork, 1);
  const { uncovered } = await model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT], rules: { name: 'none', rules: {} } } });
  expect(uncovered.length).toBeGreaterThan(0);
  for (const operation of uncovered) expect(operation).toMatch(/\((Relu|MaxPool)\)$/);
  expect((await model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } })).uncovered).toEqual([]);
});

test('pairs stay together in any amount of memory', async () => {
  const samples = contractBatch(convolutionalNetwork, 5);
  const baselines = { shape: samples.shape, data: samples.data.map((value, i) => value / 2 + Math.sin(i)) };
  const whole = await gradient(model, concatBatches([samples, baselines]), paired);
  for (const memory of [1, 2, 3, 7]) {
    expect((await gradient(model, concatBatches([samples, baselines]), paired, memory)).data).toEqual(whole.data);
  }
  for (let i = 0; i < 5; i++) {
    const alone = await gradient(model, concatBatches([sliceBatch(samples, i, i + 1), sliceBatch(baselines, i, i + 1)]), paired);
    expect(sliceBatch(alone, 0, 1).data).toEqual(sliceBatch(whole, i, i + 1).data);
    expect(sliceBatch(alone, 1, 2).data).toEqual(sliceBatch(whole, 5 + i, 6 + i).data);
  }
});

test('an odd batch makes no pairs', async () => {
  await expect(gradient(model, contractBatch(convolutionalNetwork, 3), paired)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

/** A network that takes so many samples and no other number: its Reshape mixes the batch axis with another one. */
const fixed = (batch: number): Uint8Array => writeModel(makeModel({
  name: 'fixed', opset: 17, producer: 'pellucid',
  inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: [batch, 2] })],
  outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: [batch, 2] })],
  initializers: [int64Tensor('turned', [2, batch]), makeTensor('w', ElementType.FLOAT, [2, 2], [1, 2, 3, 4])],
  nodes: [
    makeNode('Relu', ['x'], ['r']), makeNode('Transpose', ['r'], ['t'], [intsAttribute('perm', [1, 0])]), makeNode('Reshape', ['t', 'turned'], ['s']),
    makeNode('Gemm', ['s', 'w'], ['y'], [intAttribute('transA', 1)]),
  ],
}));

test('a model of a fixed even batch is filled up with pairs; of an odd one it is refused', async () => {
  const four = await loadModel(fixed(4), { name: 'four.onnx' });
  const input = { shape: [6, 2], data: Float32Array.from([1, 2, 3, 4, 5, 6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]) };
  const change = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5];
  const expected = [...change, ...change].map((value, i) => value * (i % 2 === 0 ? 3 : 7));
  expect([...(await gradient(four, input, paired)).data]).toEqual(expected);
  await four.dispose();
  const three = await loadModel(fixed(3), { name: 'three.onnx' });
  await expect(gradient(three, input, paired)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  await three.dispose();
});
