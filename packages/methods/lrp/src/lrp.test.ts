import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { argmax, explain, randomStream, sampleData, tensor, type ModelAdapter, type TargetObjective, type Tensor } from '@pellucid/core';
import { ElementType, floatAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';
import { lrp } from './lrp.ts';
import type { LrpOptions } from './lrp.ts';
import { COMPOSITES, RULES } from './rules.ts';

const { FLOAT } = ElementType;
const draws = (name: string, count: number): number[] => Array.from({ length: count }, randomStream(7, name).normal);
const stored = (name: string, shape: readonly number[], values: readonly number[] = draws(name, shape.reduce((a, b) => a * b, 1))): TensorProto =>
  makeTensor(name, FLOAT, shape, values);

const load = (shape: readonly number[], nodes: readonly NodeProto[], initializers: readonly TensorProto[]): Promise<ModelAdapter<OnnxCapability>> =>
  loadModel(writeModel(makeModel({
    name: 'net', opset: 17, producer: 'test', nodes, initializers,
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['n', ...shape] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
  })), { logits: 'y' });

const total = (values: Tensor, sample: number): number => sampleData(values, sample).reduce((a, b) => a + b, 0);

describe('a residual network without biases', () => {
  const pads = [intsAttribute('pads', [1, 1, 1, 1])];
  let model: ModelAdapter<OnnxCapability>;
  beforeAll(async () => {
    model = await load([2, 6, 6], [
      makeNode('Conv', ['x', 'w1'], ['c1'], pads), makeNode('Relu', ['c1'], ['r1']), makeNode('Conv', ['r1', 'w2'], ['c2'], pads),
      makeNode('LeakyRelu', ['c2'], ['r2'], [floatAttribute('alpha', 0.1)]), makeNode('Add', ['r1', 'r2'], ['sum']),
      makeNode('MaxPool', ['sum'], ['pool'], [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]),
      makeNode('GlobalAveragePool', ['pool'], ['mean']), makeNode('Flatten', ['mean'], ['flat']), makeNode('MatMul', ['flat', 'w3'], ['y']),
    ], [stored('w1', [4, 2, 3, 3]), stored('w2', [4, 4, 3, 3]), stored('w3', [4, 3])]);
  });
  afterAll(() => model.dispose());
  const input = tensor([2, 2, 6, 6], draws('input', 144));

  const SETTINGS: readonly Partial<LrpOptions>[] = [...COMPOSITES.map((composite) => ({ composite })), ...RULES.map((rule) => ({ rule })), { rule: 'alpha-beta', alpha: 1.5, beta: 0.5 }];
  test.each(SETTINGS)('relevance is conserved, sample by sample: %j', async (settings) => {
    const { values, provenance } = await explain(model, lrp({ ...settings, epsilon: 1e-9, low: -4, high: 4 }), { input, targets: [2, 0] });
    const { logits } = await model.evaluate({ input });
    expect(provenance.uncovered).toEqual([]);
    [2, 0].forEach((target, sample) => {
      const size = sampleData(values, sample).reduce((sum, value) => sum + Math.abs(value), 0);
      expect(Math.abs(total(values, sample) - sampleData(logits, sample)[target]!) / size).toBeLessThan(1e-4);
      expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(total(values, sample) - sampleData(logits, sample)[target]!, 6);
    });
    expect(provenance.passes).toEqual({ forward: 2, backward: 2 });
  });

  test.each<[Partial<LrpOptions>, Partial<LrpOptions>]>([
    [{ rule: 'epsilon' }, { composite: 'epsilon' }], [{ rule: 'z-plus' }, { composite: 'z-plus' }], [{}, { composite: 'epsilon-plus' }],
    [{ rule: 'alpha-beta', alpha: 1, beta: 0 }, { rule: 'z-plus' }],
  ])('%j is %j', async (one, other) => {
    const [here, there] = await Promise.all([one, other].map((options) => explain(model, lrp(options), { input, targets: [2, 0] })));
    expect(here?.values.data).toEqual(there?.values.data);
  });

  test('rules differ from each other, and from composites that have them at some layers', async () => {
    const settings = [...RULES.map((rule) => ({ rule })), { composite: 'epsilon-plus-flat' }, { composite: 'gamma' }, { rule: 'gamma', gamma: 0.5 }] as const;
    const maps = await Promise.all(settings.map(async (options) => (await explain(model, lrp(options), { input, targets: [2, 0] })).values.data.join()));
    expect(new Set(maps).size).toBe(settings.length);
  });

  test.each<[Partial<LrpOptions>, RegExp]>([
    [{ rule: 'flat', composite: 'epsilon-plus' }, /`composite`.*nothing beside the rule `flat`/], [{ rule: 'alpha-beta', alpha: 3 }, /`beta`.*alpha - 1 = 2/],
  ])('settings that contradict each other are named: %j', async (options, message) => {
    await expect(explain(model, lrp(options), { input, targets: 0 })).rejects.toThrow(message);
  });

  test.each<TargetObjective>(['margin', 'probability', 'log-probability'])('other objectives start from logits times their derivative: %s', async (objective) => {
    const { values, provenance } = await explain(model, lrp({ composite: 'epsilon', epsilon: 1e-9 }), { input, targets: [2, 0], objective });
    const { logits } = await model.evaluate({ input });
    [2, 0].forEach((target, sample) => {
      const z = [...sampleData(logits, sample)];
      const powers = z.map(Math.exp);
      const p = powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
      const rival = argmax(z.map((value, k) => (k === target ? -Infinity : value)));
      const mean = z.reduce((sum, value, k) => sum + value * p[k]!, 0);
      const expected = { 'logit': NaN, 'margin': z[target]! - z[rival]!, 'log-probability': z[target]! - mean, 'probability': p[target]! * (z[target]! - mean) }[objective];
      expect(total(values, sample)).toBeCloseTo(expected, 3);
    });
    expect(provenance.passes).toEqual({ forward: 4, backward: 2 });
  });
});

test('factors share a product, the numerator takes a quotient, a constant keeps its share of a sum', async () => {
  const input = tensor([1, 2], [3, 5]);
  const maps = async (nodes: readonly NodeProto[]): Promise<number[]> => {
    const model = await load([2], nodes, [stored('one', [2], [1, 1]), stored('two', [], [2])]);
    const { values } = await explain(model, lrp({ epsilon: 1e-12 }), { input, targets: 1 });
    await model.dispose();
    return [...values.data];
  };
  expect(await maps([makeNode('Mul', ['x', 'x'], ['y'])])).toEqual([0, 25]);
  expect(await maps([makeNode('Mul', ['x', 'two'], ['y'])])).toEqual([0, 10]);
  expect(await maps([makeNode('Add', ['x', 'one'], ['d']), makeNode('Div', ['x', 'd'], ['y'])])).toEqual([0, Math.fround(5 / 6)]);
  expect(await maps([makeNode('Add', ['x', 'one'], ['y'])])).toEqual([0, 5]);
  expect(await maps([makeNode('Neg', ['x'], ['m']), makeNode('Mul', ['m', 'two'], ['y'])])).toEqual([-0, -10]);
});

test('flat relevance does not depend on the pixels', async () => {
  const model = await load([4], [makeNode('MatMul', ['x', 'w'], ['y'])], [stored('w', [4, 2])]);
  const { values } = await explain(model, lrp({ composite: 'epsilon-plus-flat', epsilon: 1e-12 }), { input: tensor([1, 4], [9, 1, -3, 0]), targets: 0 });
  const share = total(values, 0) / 4;
  for (const value of values.data) expect(value).toBeCloseTo(share, 6);
  expect(Math.abs(share)).toBeGreaterThan(0.1);
  await model.dispose();
});
