import { expect, test } from '@jest/globals';
import type { BackwardRule, BackwardRules } from '@pellucid/core';
import {
  ElementType, int64Tensor, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { mergeBatchNorm } from '../src/backward-rules/merge-batch-norm.ts';
import { differentiate } from '../src/index.ts';
import { run, type Values } from './session.ts';

const ruleSet = (rules: BackwardRules['rules'], more: Partial<BackwardRules> = {}): BackwardRules => ({ name: 'test', rules, ...more });
const guided: BackwardRule = ({ gradients, derivative }, { maximum, constant }) => derivative(maximum(gradients[0]!, constant(0)));

/** A model from x [n, 3] (or of another shape) to y. */
function network(nodes: readonly NodeProto[], initializers: readonly TensorProto[] = [], shape: readonly (string | number)[] = ['n', 3], opset = 17): OnnxModel {
  const info = (name: string, lengths: readonly (string | number)[] | null) => makeValueInfo(name, { elementType: ElementType.DOUBLE, shape: lengths });
  return makeModel({ name: 'net', opset, producer: 'test', nodes, initializers, inputs: [info('x', shape)], outputs: [info('y', null)] });
}

const stored = (name: string, shape: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, ElementType.DOUBLE, shape, values);

function valueOf(answers: ReadonlyMap<string, Values>, name: string): Values {
  const value = answers.get(name);
  if (value === undefined) throw new Error(`no ${name}`);
  return value;
}

async function gradientOf(model: OnnxModel, rules: BackwardRules | undefined, x: readonly number[], cotangent: readonly number[], shape: readonly number[]): Promise<number[]> {
  const derivative = differentiate(model, { of: 'y', at: ['x'], rules });
  const feeds = new Map([['x', { shape, data: Float64Array.from(x) }]]);
  const { shape: lengths } = valueOf(await run(model, feeds), 'y');
  const answers = await run(derivative.model, feeds.set(derivative.cotangent, { shape: lengths, data: Float64Array.from(cotangent) }));
  return [...valueOf(answers, 'x/gradient').data];
}

test('a rule replaces the derivative of its kind of operation, wherever one stands', async () => {
  // The second node has no name of its own, as a functional call would leave it.
  const model = network([makeNode('Relu', ['x'], ['h']), makeNode('Neg', ['h'], ['m']), makeNode('Relu', ['m'], ['z']), makeNode('Sub', ['h', 'z'], ['y'])]);
  expect(await gradientOf(model, undefined, [1, 2, -1], [1, -1, 1], [1, 3])).toEqual([1, -1, 0]);
  expect(await gradientOf(model, ruleSet({ relu: guided }), [1, 2, -1], [1, -1, 1], [1, 3])).toEqual([1, 0, 0]);
});

test('nonlinear operations without a rule keep their derivative and are named; linear ones are not', () => {
  const model = network([
    makeNode('MatMul', ['x', 'w'], ['h']), makeNode('Tanh', ['h'], ['t']), makeNode('Mul', ['t', 't'], ['q']), makeNode('Mul', ['q', 'two'], ['s']),
    makeNode('Relu', ['s'], ['y']),
  ], [stored('w', [3, 2], [1, 2, 3, 4, 5, 6]), stored('two', [], [2])]);
  expect(differentiate(model, { of: 'y', at: ['x'], rules: ruleSet({ relu: guided }) }).uncovered).toEqual(['t (Tanh)', 'q (Mul)']);
  expect(differentiate(model, { of: 'y', at: ['x'] }).uncovered).toEqual([]);
});

test('linear operations run with other weights, which are computed when the graph is built', async () => {
  const model = network([makeNode('MatMul', ['x', 'w'], ['y'])], [stored('w', [3, 2], [1, -2, 3, -4, -5, 6])]);
  const positive: BackwardRule = ({ inputs, linear, gradients }, { maximum, constant, multiply }) => {
    if (linear === undefined) throw new Error('a dense layer is linear');
    const weight = maximum(linear.weight, constant(0));
    return [linear.backward(multiply(gradients[0]!, linear.forward(inputs[0]!, weight, null)), weight)];
  };
  const rules = ruleSet({ dense: positive });
  expect(await gradientOf(model, rules, [1, 2, 3], [1, 1], [1, 3])).toEqual([7, 21, 108]);
  const { model: extended } = differentiate(model, { of: 'y', at: ['x'], rules });
  expect(extended.graph.node.map(({ opType }) => opType)).not.toContain('Max');
  // The weights, and their positive part: nothing in between is kept.
  expect(extended.graph.initializer).toHaveLength(2);
});

test('a rule sees which of its inputs depend on the input, and its gradients are summed over what was broadcast', async () => {
  const model = network([makeNode('Add', ['x', 'b'], ['h']), makeNode('ReduceMean', ['h'], ['m'], [intsAttribute('axes', [1])]), makeNode('Mul', ['h', 'm'], ['y'])],
    [stored('b', [3], [1, 1, 1])]);
  const wanted: (readonly boolean[])[] = [];
  const half: BackwardRule = (node, { multiply, constant }) => {
    wanted.push(node.wanted);
    return node.inputs.map(() => multiply(node.gradients[0]!, constant(0.5)));
  };
  expect(await gradientOf(model, ruleSet({ multiply: half, add: half }), [1, 2, 3], [1, 2, 3], [1, 3])).toEqual([0.75, 1, 1.25]);
  expect(wanted).toEqual([[true, true], [true, false]]);
});

test('the first operations with weights are marked, on every branch', () => {
  const w = stored('w', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const model = network([
    makeNode('Relu', ['x'], ['r']), makeNode('MatMul', ['r', 'w'], ['a']), makeNode('MatMul', ['x', 'w'], ['b']), makeNode('Add', ['a', 'b'], ['c']),
    makeNode('MatMul', ['c', 'w'], ['y']),
  ], [w]);
  const first: Record<string, boolean> = {};
  const look: BackwardRule = ({ name, isFirst, derivative }) => {
    first[name] = isFirst;
    return derivative();
  };
  differentiate(model, { of: 'y', at: ['x'], rules: ruleSet({ dense: look }) });
  expect(first).toEqual({ a: true, b: true, y: false });
});

test('the last operations with weights on the way to where the gradient starts are marked, on every branch', () => {
  const w = stored('w', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const model = network([
    makeNode('MatMul', ['x', 'w'], ['a']), makeNode('Relu', ['a'], ['r']), makeNode('MatMul', ['r', 'w'], ['b']), makeNode('MatMul', ['x', 'w'], ['c']),
    makeNode('Add', ['b', 'c'], ['s']), makeNode('Relu', ['s'], ['y']), makeNode('MatMul', ['y', 'w'], ['beyond']),
  ], [w]);
  const marked = (of: string): Record<string, boolean> => {
    const last: Record<string, boolean> = {};
    const look: BackwardRule = ({ name, isLast, derivative }) => {
      last[name] = isLast;
      return derivative();
    };
    differentiate(model, { of, at: ['x'], rules: ruleSet({ dense: look, relu: look }) });
    return last;
  };
  expect(marked('y')).toEqual({ a: false, r: false, b: true, c: true, y: false });
  expect(marked('r')).toEqual({ a: true, r: false });
});

test.each([11, 13, 18])('halves and joins a batch of free size (opset %i)', async (opset) => {
  const model = network([makeNode('Tanh', ['x'], ['y'])], [], ['n', 3], opset);
  const difference: BackwardRule = ({ outputs, gradients }, { halves, join, subtract, multiply }) => {
    const [here, there] = halves(outputs[0]!);
    const change = subtract(here, there);
    return [multiply(gradients[0]!, join(change, change))];
  };
  const [a, b] = [Math.tanh(1), Math.tanh(-0.5)];
  const gradient = await gradientOf(model, ruleSet({ tanh: difference }, { paired: true }), [1, 0, 0, -0.5, 0, 0], [2, 1, 1, 3, 1, 1], [2, 3]);
  expect(gradient.map((value) => Number(value.toFixed(12)))).toEqual([2 * (a - b), 0, 0, 3 * (a - b), 0, 0].map((value) => Number(value.toFixed(12))));
});

test('values whose first axis is not the batch are not taken apart', () => {
  const model = network([makeNode('Transpose', ['x'], ['t'], [intsAttribute('perm', [1, 0])]), makeNode('Tanh', ['t'], ['h']), makeNode('Transpose', ['h'], ['y'], [intsAttribute('perm', [1, 0])])],
    [], ['n', 4]);
  const half: BackwardRule = ({ gradients }, { halves, join }) => {
    const [here] = halves(gradients[0]!);
    return [join(here, here)];
  };
  expect(() => differentiate(model, { of: 'y', at: ['x'], rules: ruleSet({ tanh: half }, { paired: true }) })).toThrow('the first axis of its values is not the batch');
});

test.each([
  ['Conv', [2, 1, 2, 2], [1, 1, 3, 3]], ['ConvTranspose', [1, 2, 2, 2], [1, 1, 3, 3]], ['Gemm', [4, 2], [1, 4]],
] as const)('a batch normalisation after %s is merged, which changes no value', async (operator, shape, lengths) => {
  // The runtime convolves in single precision alone.
  const float = (name: string, dims: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, ElementType.FLOAT, dims, values);
  const info = (name: string, dims: readonly number[] | null) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape: dims });
  const model = makeModel({
    name: 'net', opset: 17, producer: 'test', inputs: [info('x', lengths)], outputs: [info('y', null)],
    nodes: [makeNode(operator, ['x', 'w', 'b'], ['c']), makeNode('BatchNormalization', ['c', 'scale', 'bias', 'mean', 'variance'], ['y'])],
    initializers: [
      float('w', shape, [1, -2, 3, 4, -1, 0.5, 2, -3]), float('b', [2], [0.25, -0.5]), float('scale', [2], [2, -1]), float('bias', [2], [0.5, 1]),
      float('mean', [2], [1, -1]), float('variance', [2], [4, 0.25]),
    ],
  });
  const merged = mergeBatchNorm(model, []);
  expect(merged.graph.node.map(({ opType }) => opType)).not.toContain('BatchNormalization');
  const x = new Map([['x', { shape: lengths, data: Float64Array.from([1, -2, 3, 0.5, 0, -1, 2, 2, -3].slice(0, lengths.reduce<number>((a, b) => a * b, 1))) }]]);
  const before = valueOf(await run(model, x), 'y');
  const after = valueOf(await run(merged, x), 'y');
  before.data.forEach((value, i) => expect(after.data[i]).toBeCloseTo(value, 4));
});

test('a batch normalisation is merged into a layer whose bias is computed as zeros, and into none whose bias comes from the input', () => {
  const parameters = ['a', 'b', 'm', 'v'].map((name) => stored(name, [3], [1, 1, 1]));
  const withBias = (...bias: readonly NodeProto[]): OnnxModel => network(
    [...bias, makeNode('Gemm', ['x', 'w', 'zeros'], ['c']), makeNode('BatchNormalization', ['c', 'a', 'b', 'm', 'v'], ['y'])],
    [stored('w', [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), stored('zero', [], [0]), int64Tensor('size', [3]), ...parameters],
  );
  const written = withBias(makeNode('CastLike', ['zero', 'x'], ['alike']), makeNode('Expand', ['alike', 'size'], ['zeros']));
  expect(mergeBatchNorm(written, []).graph.node.map(({ opType }) => opType)).not.toContain('BatchNormalization');
  const computed = withBias(makeNode('ReduceMean', ['x'], ['zeros'], [intsAttribute('axes', [0]), intAttribute('keepdims', 0)]));
  expect(mergeBatchNorm(computed, [])).toBe(computed);
});

test('a batch normalisation stays where the gradient at its input is asked for', () => {
  const ones = (name: string): TensorProto => stored(name, [3], [1, 1, 1]);
  const model = network([makeNode('Gemm', ['x', 'w'], ['c'], [intAttribute('transB', 1)]), makeNode('BatchNormalization', ['c', 'a', 'b', 'm', 'v'], ['y'])],
    [stored('w', [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), ones('a'), ones('b'), ones('m'), ones('v')]);
  const rules = ruleSet({}, { mergeBatchNorm: true });
  const kept = differentiate(model, { of: 'y', at: ['x', 'c'], rules });
  expect(kept.model.graph.node.map(({ opType }) => opType)).toContain('BatchNormalization');
  expect(differentiate(model, { of: 'y', at: ['x'], rules }).model.graph.node.map(({ opType }) => opType)).not.toContain('BatchNormalization');
});
