import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { explain, randomStream, sampleData, tensor, type ModelAdapter } from '@pellucid/core';
import { ElementType, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';
import { excitationBackprop } from './excitation-backprop.ts';

const { FLOAT } = ElementType;
const draws = (name: string, count: number): number[] => Array.from({ length: count }, randomStream(9, name).normal);
const stored = (name: string, shape: readonly number[], values: readonly number[] = draws(name, shape.reduce((a, b) => a * b, 1))): TensorProto =>
  makeTensor(name, FLOAT, shape, values);

const load = (shape: readonly number[], nodes: readonly NodeProto[], initializers: readonly TensorProto[]): Promise<ModelAdapter<OnnxCapability>> =>
  loadModel(writeModel(makeModel({
    name: 'net', opset: 17, producer: 'test', nodes, initializers,
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', ...shape] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  })), { logits: 'y' });

const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);

/** P(child) = sum over parents of child w+ / Z P(parent). */
const winners = (child: readonly number[], weight: (i: number, k: number) => number, parents: readonly number[]): number[] =>
  child.map((value, i) => parents.reduce((sum, p, k) => {
    const z = child.reduce((s, other, j) => s + other * Math.max(weight(j, k), 0), 0);
    return sum + (z > 0 ? (value * Math.max(weight(i, k), 0) * p) / z : 0);
  }, 0));

test('winners of two dense layers, written out; biases take no part', async () => {
  const [w1, w2] = [draws('w1', 12), draws('w2', 6)];
  const nodes = [makeNode('Gemm', ['x', 'w1', 'b1'], ['h']), makeNode('Relu', ['h'], ['r']), makeNode('MatMul', ['r', 'w2'], ['p']), makeNode('Add', ['p', 'b2'], ['y'])];
  const model = await load([4], nodes, [stored('w1', [4, 3], w1), stored('b1', [3], [0.5, 1, 2]), stored('w2', [3, 2], w2), stored('b2', [2], [-9, 9])]);
  const x = [0.5, 1.5, 2, 0.25];
  const hidden = [0, 1, 2].map((k) => Math.max(x.reduce((sum, value, i) => sum + value * w1[i * 3 + k]!, [0.5, 1, 2][k]!), 0));
  const below = (parents: readonly number[]): number[] => winners(x, (i, k) => w1[i * 3 + k]!, parents);
  const request = { input: tensor([1, 4], x), targets: 1 };

  const { values, provenance } = await explain(model, excitationBackprop(), request);
  const top = winners(hidden, (i, k) => w2[i * 2 + k]!, [0, 1]);
  below(top).forEach((value, i) => { expect(values.data[i]).toBeCloseTo(value, 6); });
  expect(Math.max(...below(top))).toBeGreaterThan(0.1);
  expect(provenance.uncovered).toEqual([]);

  const contrastive = await explain(model, excitationBackprop({ contrastive: true }), request);
  const dual = winners(hidden, (i, k) => -w2[i * 2 + k]!, [0, 1]);
  const expected = below(top.map((value, i) => value - dual[i]!));
  expected.forEach((value, i) => { expect(contrastive.values.data[i]).toBeCloseTo(value, 6); });
  expect(Math.max(...expected)).toBeGreaterThan(0.1);
  await model.dispose();
});

describe('a residual network of convolutions', () => {
  const pads = [intsAttribute('pads', [1, 1, 1, 1])];
  let model: ModelAdapter<OnnxCapability>;
  beforeAll(async () => {
    model = await load([2, 6, 6], [
      makeNode('Conv', ['x', 'w1', 'b1'], ['c1'], pads), makeNode('Relu', ['c1'], ['r1']), makeNode('Conv', ['r1', 'w2'], ['c2'], pads), makeNode('Relu', ['c2'], ['r2']),
      makeNode('Add', ['r1', 'r2'], ['sum']), makeNode('MaxPool', ['sum'], ['pool'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]),
      makeNode('GlobalAveragePool', ['pool'], ['mean']), makeNode('Flatten', ['mean'], ['flat']), makeNode('Gemm', ['flat', 'w3', 'b3'], ['y']),
    ], [stored('w1', [4, 2, 3, 3]), stored('b1', [4]), stored('w2', [4, 4, 3, 3]), stored('w3', [4, 3], draws('w3', 12).map((value, i) => (i < 3 ? Math.abs(value) : i < 6 ? -Math.abs(value) : value))), stored('b3', [3])]);
  });
  afterAll(() => model.dispose());
  const input = tensor([3, 2, 6, 6], draws('input', 216));
  const targets = [2, 0, 1];

  test.each([undefined, 'c1', 'sum', 'pool', 'mean'])('probabilities, of pixels of both signs too, are not negative and sum to 1: %s', async (layer) => {
    const { values, provenance } = await explain(model, excitationBackprop({ layer }), { input, targets });
    targets.forEach((_, sample) => { expect(total(sampleData(values, sample))).toBeCloseTo(1, 5); });
    expect(values.data.every((value) => value >= 0)).toBe(true);
    expect(provenance.uncovered).toEqual([]);
    expect(provenance.layer).toBe(layer);
    expect(provenance.passes).toEqual({ forward: 3, backward: 3 });
  });

  test.each([undefined, 'c1', 'sum'])('the contrastive map has both signs, and its dual takes what it gives: %s', async (layer) => {
    const { values, provenance } = await explain(model, excitationBackprop({ layer, contrastive: true }), { input, targets });
    // Every class has a weight of either sign, so that something excites it and its dual.
    targets.forEach((_, sample) => {
      expect(total(sampleData(values, sample))).toBeCloseTo(0, 5);
      expect(Math.min(...sampleData(values, sample))).toBeLessThan(-0.001);
      expect(Math.max(...sampleData(values, sample))).toBeGreaterThan(0.001);
    });
    expect(provenance.passes).toEqual({ forward: 3, backward: 3 });
  });

  test('a branch beside a skip connection has its part alone', async () => {
    const branch = await explain(model, excitationBackprop({ layer: 'r2' }), { input, targets });
    const { activations } = await model.evaluate({ input, activations: ['r1', 'r2'] });
    const sum = await explain(model, excitationBackprop({ layer: 'sum' }), { input, targets });
    const [r1, r2] = ['r1', 'r2'].map((name) => activations.get(name)?.data ?? new Float32Array());
    branch.values.data.forEach((value, i) => {
      const [skip, own] = [r1?.[i] ?? NaN, r2?.[i] ?? NaN];
      expect(value).toBeCloseTo(own === 0 ? 0 : (sum.values.data[i]! * own) / (skip + own), 6);
    });
    expect(branch.values.data.some((value) => value > 0.01)).toBe(true);
  });

  test('a margin is the map of its class less that of its rival', async () => {
    const { logits } = await model.evaluate({ input });
    const rivals = targets.map((target, sample) => {
      const [first, second] = [0, 1, 2].filter((k) => k !== target) as [number, number];
      return sampleData(logits, sample)[first]! >= sampleData(logits, sample)[second]! ? first : second;
    });
    const [own, rival, margin] = await Promise.all([
      explain(model, excitationBackprop(), { input, targets }), explain(model, excitationBackprop(), { input, targets: rivals }),
      explain(model, excitationBackprop(), { input, targets, objective: 'margin' }),
    ]);
    margin.values.data.forEach((value, i) => { expect(value).toBeCloseTo(own.values.data[i]! - rival.values.data[i]!, 6); });
  });
});

test('a unit that nothing excites passes nothing on', async () => {
  const model = await load([2], [makeNode('MatMul', ['x', 'w'], ['y'])], [stored('w', [2, 2], [-1, 1, -2, 3])]);
  const { values } = await explain(model, excitationBackprop(), { input: tensor([2, 2], [1, 2, 1, 2]), targets: [0, 1] });
  expect([...sampleData(values, 0)]).toEqual([0, 0]);
  expect(values.data[2]).toBeCloseTo(1 / 7, 6);
  expect(values.data[3]).toBeCloseTo(6 / 7, 6);
  await model.dispose();
});

test('a product shares by halves between factors that both depend on the input', async () => {
  const model = await load([2], [makeNode('Sigmoid', ['x'], ['s']), makeNode('Mul', ['x', 's'], ['m']), makeNode('MatMul', ['m', 'w'], ['y'])], [stored('w', [2, 1], [1, 1])]);
  const { values } = await explain(model, excitationBackprop({ layer: 's' }), { input: tensor([1, 2], [1, 2]), targets: 0 });
  expect(total(values.data)).toBeCloseTo(0.5, 6);
  await model.dispose();
});

test('a divisor is a scale: a GELU that is written out passes all on, as one operation does', async () => {
  const weights = stored('w', [2, 1], [1, 1]);
  const numbers = [stored('root', [], [Math.SQRT2]), stored('one', [], [1]), stored('half', [], [0.5])];
  const written = await load([2], [
    makeNode('Identity', ['x'], ['i']), makeNode('Div', ['i', 'root'], ['d']), makeNode('Erf', ['d'], ['e']), makeNode('Add', ['e', 'one'], ['a']),
    makeNode('Mul', ['i', 'a'], ['m']), makeNode('Mul', ['m', 'half'], ['g']), makeNode('MatMul', ['g', 'w'], ['y']),
  ], [weights, ...numbers]);
  const { values, provenance } = await explain(written, excitationBackprop({ layer: 'i' }), { input: tensor([1, 2], [1, 2]), targets: 0 });
  expect(total(values.data)).toBeCloseTo(1, 6);
  expect(provenance.uncovered).toEqual([]);
  await written.dispose();
});

test('of a quotient whose both sides depend on the input, what is divided gets all', async () => {
  const model = await load([2], [
    makeNode('Identity', ['x'], ['i']), makeNode('Sigmoid', ['i'], ['s']), makeNode('Div', ['i', 's'], ['q']), makeNode('MatMul', ['q', 'w'], ['y']),
  ], [stored('w', [2, 1], [1, 1])]);
  const mass = async (layer: string): Promise<number> => {
    const { values } = await explain(model, excitationBackprop({ layer }), { input: tensor([1, 2], [1, 2]), targets: 0 });
    return total(values.data);
  };
  expect(await mass('s')).toBe(0);
  expect(await mass('i')).toBeCloseTo(1, 6);
  await model.dispose();
});
