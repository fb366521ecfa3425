import { describe, expect, test } from '@jest/globals';
import { INPUT, tensor, type ModelAdapter, type Tensor } from '@pellucid/core';
import { normalValues } from '@pellucid/testkit';

import { loadModel, type ModelBytes } from '../src/index.ts';
import { valueAt } from '../src/model/value-at.ts';
import { modelBytes, type Weight } from './contract-models.ts';
import { ENGINES } from './engines.ts';

const UNITS = 3;
const random = (name: string, shape: readonly number[]): Weight => ({
  name, value: { shape, data: Float32Array.from(normalValues(5, name, shape.reduce((a, b) => a * b, 1))) },
});
const WEIGHTS = [random('first/kernel', [2, UNITS]), random('first/bias', [UNITS]), random('last/kernel', [UNITS, 2]), random('last/bias', [2])];

const dense = (name: string, units: number, activation: string, more: object = {}): object => ({ class_name: 'Dense', config: { name, units, activation, ...more } });
const asLayers = (activation: string): ModelBytes => modelBytes('layers-model', {
  class_name: 'Sequential', config: { name: 'net', layers: [dense('first', UNITS, activation, { batch_input_shape: [null, 2] }), dense('last', 2, 'softmax')] },
}, WEIGHTS);

const type = { type: 'DT_FLOAT' };
const texts = (...parts: string[]): object => ({ list: { s: parts.map((part) => Buffer.from(part).toString('base64')) } });
function asGraph(activation: string): ModelBytes {
  const fused = (name: string, input: string[], parts: string[], args: number): object =>
    ({ name, op: '_FusedMatMul', input, attr: { T: type, transpose_a: { b: false }, transpose_b: { b: false }, fused_ops: texts(...parts), num_args: { i: String(args) }, epsilon: { f: 0 }, leakyrelu_alpha: { f: 0.25 } } });
  const alpha = random('alpha', [UNITS]);
  const isPrelu = activation === 'Prelu';
  const weights = [...WEIGHTS, ...(isPrelu ? [alpha] : [])];
  const constants = weights.map(({ name }) => ({ name, op: 'Const', input: [], attr: { dtype: type } }));
  const placeholder = { name: 'x', op: 'Placeholder', input: [], attr: { dtype: type, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } } };
  return modelBytes('graph-model', { versions: {}, node: [
    placeholder, ...constants,
    fused('net/first', ['x', 'first/kernel', 'first/bias', ...(isPrelu ? ['alpha'] : [])], ['BiasAdd', activation], isPrelu ? 2 : 1),
    fused('net/last', ['net/first', 'last/kernel', 'last/bias'], ['BiasAdd'], 1),
    { name: 'end', op: 'Softmax', input: ['net/last'], attr: { T: type } },
  ] }, weights);
}

const input = tensor([4, 2], Float32Array.from(normalValues(9, 'input', 8)));
const GRAPHS = ['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Prelu', 'Sigmoid'].map((activation) => ['graph', activation, asGraph(activation)] as const);
const LAYERS = ['relu', 'relu6', 'elu', 'tanh', 'sigmoid'].map((activation) => ['layers', activation, asLayers(activation)] as const);
const CASES = ENGINES.flatMap((engine) => [...LAYERS, ...GRAPHS].map(([form, activation, bytes]) => [engine, form, activation, bytes] as const));

/** x W + b. */
function sumsOf({ data }: Tensor): Float32Array {
  const [kernel, bias] = [WEIGHTS[0]!.value.data, WEIGHTS[1]!.value.data];
  return Float32Array.from({ length: 4 * UNITS }, (_, i) => bias[i % UNITS]! + [0, 1].reduce((sum, k) => sum + data[2 * Math.floor(i / UNITS) + k]! * kernel[k * UNITS + (i % UNITS)]!, 0));
}

const near = (actual: Tensor, expected: ArrayLike<number>): void => { actual.data.forEach((value, i) => { expect(value).toBeCloseTo(expected[i]!, 5); }); };

describe.each(CASES)('on %s, the sum in front of the activation of a layer of a %s model (%s)', (engine, _, __, bytes) => {
  const withModel = async (work: (model: ModelAdapter) => Promise<void>): Promise<void> => {
    const model = (await loadModel(bytes, { engine })) as ModelAdapter;
    await work(model);
    await model.dispose();
  };

  test('is a place whose values and gradients can be asked for', () => withModel(async (model) => {
    const of = { kind: 'logit', targets: [0, 1, 0, 1] } as const;
    const { activations, gradients, logits } = await model.evaluate({ input, activations: ['first/sum', 'first'], gradient: { of, at: [INPUT, 'first/sum', 'first'] } });
    near(valueAt(activations, 'first/sum'), sumsOf(input));
    const plain = await model.evaluate({ input, activations: ['first'], gradient: { of, at: [INPUT, 'first'] } });
    near(logits, plain.logits.data);
    near(valueAt(activations, 'first'), valueAt(plain.activations, 'first').data);
    for (const point of [INPUT, 'first']) near(valueAt(gradients, point), valueAt(plain.gradients, point).data);
    // The chain rule through the product: dx = ds W^T.
    const [slopes, kernel] = [valueAt(gradients, 'first/sum').data, WEIGHTS[0]!.value.data];
    near(valueAt(gradients, INPUT), Array.from({ length: 8 }, (__, i) => [0, 1, 2].reduce((sum, unit) => sum + slopes[3 * (i >> 1) + unit]! * kernel[(i % 2) * UNITS + unit]!, 0)));
  }));

  test('can be given, and differentiated itself', () => withModel(async (model) => {
    const { activations, logits } = await model.evaluate({ input, activations: ['first/sum', 'first'] });
    const other = { ...input, data: input.data.map((value) => value + 1) };
    const given = await model.evaluate({ input: other, activations: ['first'], intervention: { layer: 'first/sum', values: valueAt(activations, 'first/sum') } });
    near(valueAt(given.activations, 'first'), valueAt(activations, 'first').data);
    near(given.logits, logits.data);
    const replaced = await model.evaluate({ input: other, activations: ['first/sum'], intervention: { layer: 'first', values: valueAt(activations, 'first') } });
    near(replaced.logits, logits.data);
    near(valueAt(replaced.activations, 'first/sum'), sumsOf(other));
    const cotangent = tensor([4, UNITS], new Float32Array(4 * UNITS).fill(1));
    const { gradients } = await model.evaluate({ input, gradient: { of: { kind: 'cotangent', cotangent }, from: 'first/sum', at: [INPUT] } });
    const kernel = WEIGHTS[0]!.value.data;
    near(valueAt(gradients, INPUT), Array.from({ length: 8 }, (__, i) => [0, 1, 2].reduce((sum, unit) => sum + kernel[(i % 2) * UNITS + unit]!, 0)));
  }));
});

test.each(ENGINES)('the sum of a layer that ends in probabilities is the logits (%s)', async (engine) => {
  const model = await loadModel(asLayers('relu'), { engine });
  const { activations, gradients, logits } = await model.evaluate({ input, activations: ['last/sum'], gradient: { of: { kind: 'logit', targets: [0, 0, 0, 0] }, at: ['last/sum'] } });
  expect(valueAt(activations, 'last/sum')).toEqual(logits);
  expect([...valueAt(gradients, 'last/sum').data]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  await model.dispose();
  const stated = await loadModel(asLayers('relu'), { engine, logits: 'first/sum' });
  expect(stated.classes).toBe(UNITS);
  near((await stated.evaluate({ input })).logits, sumsOf(input));
  expect([...((await stated.biases?.()) ?? [])].map(([name]) => name)).toEqual(['first/sum']);
  await stated.dispose();
});

test('a sigmoid that is fused into the last node is left out of the logits', async () => {
  const { modelJson, weights } = asGraph('Relu');
  const json = JSON.parse(modelJson as string) as { modelTopology: { node: { name: string; attr: object }[] } };
  const node = json.modelTopology.node.filter(({ name }) => name !== 'end').map((one) => (one.name === 'net/last' ? { ...one, attr: { ...one.attr, fused_ops: texts('BiasAdd', 'Sigmoid') } } : one));
  const model = await loadModel({ modelJson: JSON.stringify({ ...json, modelTopology: { ...json.modelTopology, node } }), weights });
  const { output, logits } = await model.evaluate({ input });
  near(output, logits.data.map((value) => 1 / (1 + Math.exp(-value))));
  expect(logits.data.some((value) => value < 0 || value > 1)).toBe(true);
  await model.dispose();
});
