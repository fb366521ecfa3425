import { describe, expect, test } from '@jest/globals';
import type { BackwardRule, BackwardRules } from '@pellucid/core';
import {
  ElementType, floatAttribute, inferShapes, int64Tensor, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { joinNodes } from '../src/backward-rules/joined-nodes.ts';
import { differentiate } from '../src/index.ts';
import { draw } from './check-rule.ts';
import { relevanceRules } from './relevance-rules.ts';
import { run } from './session.ts';

const { DOUBLE, FLOAT } = ElementType;
type Type = typeof DOUBLE | typeof FLOAT;

/** A network from x to y, and the lengths of x. */
interface Network {
  readonly nodes: readonly NodeProto[];
  readonly opset: number;
  readonly type?: Type;
  readonly shape?: readonly number[];
  readonly constants?: readonly TensorProto[];
}

const TOKENS = [2, 4, 6];
const IMAGES = [2, 4, 3, 3];
const NUMBERS = ['0', '0.5', '1', '2', '3', '6', '-0.5', '1e-5', '0.044715', String(Math.SQRT2), String(Math.sqrt(2 / Math.PI))];

function build({ nodes, opset, type = DOUBLE, shape = TOKENS, constants = [] }: Network): OnnxModel {
  const info = (name: string, lengths: readonly (string | number)[] | null) => makeValueInfo(name, { elementType: type, shape: lengths });
  const numbers = (name: string, lengths: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, type, lengths, values);
  const drawn = (name: string, lengths: readonly number[], as = name): TensorProto => numbers(name, lengths, [...draw(as, lengths, false).data]);
  const channels = [drawn('gamma', [4, 1, 1]), drawn('beta', [4, 1, 1]), drawn('gammas', [4], 'gamma'), drawn('betas', [4], 'beta')];
  const initializers = [
    drawn('w1', [6, 6]), drawn('b1', [6]), drawn('w2', [6, 6]), drawn('g', [6]), drawn('b', [6]), drawn('k', [4, 4, 1, 1]), drawn('kb', [4]), ...channels,
    drawn('positions', [4, 6]), numbers('ones', [6], [1, 1, 1, 1, 1, 1]), ...NUMBERS.map((number) => numbers(number, [], [Number(number)])),
    numbers('unit groups', [2], [1, 1]), numbers('no shift', [2], [0, 0]), int64Tensor('last', [-1]), int64Tensor('channels', [1]), int64Tensor('tokens', [1]),
    int64Tensor('groups', [0, 2, -1]), ...constants,
  ];
  const used = new Set(nodes.flatMap(({ input }) => input));
  return makeModel({
    name: 'net', opset, producer: 'test', nodes, initializers: initializers.filter(({ name }) => used.has(name)), inputs: [info('x', ['n', ...shape.slice(1)])], outputs: [info('y', null)],
  });
}

/** Rules that have no word for layers with weights: their biases stand apart. */
const withoutLayers: BackwardRules['rules'] = Object.fromEntries(Object.entries(relevanceRules.rules).filter(([kind]) => kind !== 'conv' && kind !== 'dense'));

const view = (model: OnnxModel): readonly string[] => joinNodes(model, inferShapes(model), relevanceRules.rules, new Set(['x', 'y'])).model.graph.node.map(({ opType }) => opType);

async function gradient(network: Network, rules = relevanceRules): Promise<Float64Array> {
  const { shape = TOKENS } = network;
  const derivative = differentiate(build(network), { of: 'y', at: ['x'], rules });
  const feeds = new Map([['x', draw('x', shape, false)], [derivative.cotangent, draw('dy', shape, false)]]);
  return (await run(derivative.model, feeds, ['x/gradient'])).get('x/gradient')?.data ?? new Float64Array(0);
}

function distance(values: Float64Array, reference: Float64Array): number {
  expect(values).toHaveLength(reference.length);
  const error = reference.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0);
  return Math.sqrt(error / reference.reduce((sum, value) => sum + value ** 2, 0));
}

/** Tokens: a dense layer, what is in between from h to n, and another dense layer. */
const between = (...nodes: readonly NodeProto[]): readonly NodeProto[] =>
  [makeNode('MatMul', ['x', 'w1'], ['p']), makeNode('Add', ['p', 'b1'], ['h']), ...nodes, makeNode('MatMul', ['n', 'w2'], ['y'])];
/** Images: the same with convolutions. */
const inImage = (...nodes: readonly NodeProto[]): readonly NodeProto[] => [makeNode('Conv', ['x', 'k', 'kb'], ['h']), ...nodes, makeNode('Conv', ['n', 'k'], ['y'])];

const mean = (opset: number, from: string, to: string, axis = -1): NodeProto =>
  opset >= 18 ? makeNode('ReduceMean', [from, axis === 1 ? 'channels' : 'last'], [to]) : makeNode('ReduceMean', [from], [to], [intsAttribute('axes', [axis])]);
const cast = (from: string, to: string, type: number): NodeProto => makeNode('Cast', [from], [to], [intAttribute('to', type)]);
const epsilon = floatAttribute('epsilon', 1e-5);

/** h less its mean, as exporters begin. */
const centred = (opset: number): readonly NodeProto[] => [mean(opset, 'h', 'm'), makeNode('Sub', ['h', 'm'], ['c'])];
const deviation = (opset: number): readonly NodeProto[] => [makeNode('Pow', ['c', '2'], ['q']), mean(opset, 'q', 'v'), makeNode('Add', ['v', '1e-5'], ['e']), makeNode('Sqrt', ['e'], ['s'])];
const parameters = [makeNode('Mul', ['o', 'g'], ['og']), makeNode('Add', ['og', 'b'], ['n'])];
const written = (opset: number): readonly NodeProto[] => [...centred(opset), ...deviation(opset), makeNode('Div', ['c', 's'], ['o']), ...parameters];

const whole: Network = { opset: 17, nodes: between(makeNode('LayerNormalization', ['h', 'g', 'b'], ['n'], [epsilon])) };
const plain: Network = { opset: 17, nodes: between(makeNode('LayerNormalization', ['h', 'ones'], ['n'], [epsilon])) };
const scaled: Network = { opset: 17, nodes: between(makeNode('LayerNormalization', ['h', 'g'], ['n'], [epsilon])) };
const quadratic: Network = { opset: 23, nodes: between(makeNode('RMSNormalization', ['h', 'g'], ['n'], [epsilon])) };

/** h f + (b - m f), with f = g / sqrt(variance + epsilon). */
const factor = [mean(13, 'h', 'm'), makeNode('Sub', ['h', 'm'], ['c']), makeNode('Mul', ['c', 'c'], ['q']), ...deviation(13).slice(1), makeNode('Reciprocal', ['s'], ['r']), makeNode('Mul', ['r', 'g'], ['f'])];
const factored = [...factor, makeNode('Mul', ['h', 'f'], ['hf']), makeNode('Mul', ['m', 'f'], ['mf'])];

const SPELLINGS: readonly (readonly [title: string, Network, reference: Network])[] = [
  ['with axes as an attribute', { opset: 13, nodes: between(...written(13)) }, whole],
  ['in operator set 11', { opset: 11, nodes: between(...written(11)) }, whole],
  ['with axes as an input', { opset: 18, nodes: between(...written(18)) }, whole],
  ['with a square as a product', { opset: 13, nodes: between(...written(13).map((node) => (node.opType === 'Pow' ? makeNode('Mul', ['c', 'c'], ['q']) : node))) }, whole],
  ['with a reciprocal', { opset: 18, nodes: between(...centred(18), ...deviation(18), makeNode('Reciprocal', ['s'], ['r']), makeNode('Mul', ['r', 'c'], ['o']), ...parameters) }, whole],
  ['with 1 over the root', { opset: 13, nodes: between(...centred(13), ...deviation(13), makeNode('Div', ['1', 's'], ['r']), makeNode('Mul', ['c', 'r'], ['o']), ...parameters) }, whole],
  ['with a power of -1/2', { opset: 13, nodes: between(...centred(13), ...deviation(13).slice(0, 3), makeNode('Pow', ['e', '-0.5'], ['r']), makeNode('Mul', ['c', 'r'], ['o']), ...parameters) }, whole],
  ['with a mean for the variance of its own', {
    opset: 13,
    nodes: between(...centred(13), mean(13, 'h', 'm2'), makeNode('Sub', ['h', 'm2'], ['c2']), makeNode('Mul', ['c2', 'c2'], ['q']), ...deviation(13).slice(1), makeNode('Div', ['c', 's'], ['o']), ...parameters),
  }, whole],
  ['with operands the other way round', {
    opset: 13, nodes: between(...centred(13), makeNode('Pow', ['c', '2'], ['q']), mean(13, 'q', 'v'), makeNode('Add', ['1e-5', 'v'], ['e']), makeNode('Sqrt', ['e'], ['s']),
      makeNode('Div', ['c', 's'], ['o']), makeNode('Mul', ['g', 'o'], ['og']), makeNode('Add', ['b', 'og'], ['n'])),
  }, whole],
  ['without parameters', { opset: 13, nodes: between(...centred(13), ...deviation(13), makeNode('Div', ['c', 's'], ['n'])) }, plain],
  ['without an offset', { opset: 13, nodes: between(...centred(13), ...deviation(13), makeNode('Div', ['c', 's'], ['o']), makeNode('Mul', ['o', 'g'], ['n'])) }, scaled],
  ['with x and its mean times a factor', { opset: 13, nodes: between(...factored, makeNode('Sub', ['b', 'mf'], ['o']), makeNode('Add', ['hf', 'o'], ['n'])) }, whole],
  ['with the negative mean times a factor', {
    opset: 13, nodes: between(...factor, makeNode('Neg', ['m'], ['-m']), makeNode('Mul', ['f', '-m'], ['-mf']), makeNode('Add', ['b', '-mf'], ['o']), makeNode('Mul', ['f', 'h'], ['hf']), makeNode('Add', ['o', 'hf'], ['n'])),
  }, whole],
  ['with a factor, without an offset', { opset: 13, nodes: between(...factored, makeNode('Sub', ['hf', 'mf'], ['n'])) }, scaled],
  ['with a factor and a negative product', { opset: 13, nodes: between(...factored, makeNode('Neg', ['mf'], ['-mf']), makeNode('Add', ['hf', '-mf'], ['n'])) }, scaled],
  ['of the root mean square', {
    opset: 18, nodes: between(makeNode('Pow', ['h', '2'], ['q']), mean(18, 'q', 'v'), makeNode('Add', ['v', '1e-5'], ['e']), makeNode('Sqrt', ['e'], ['s']), makeNode('Reciprocal', ['s'], ['r']),
      makeNode('Mul', ['h', 'r'], ['o']), makeNode('Mul', ['o', 'g'], ['n'])),
  }, quadratic],
];

describe('layer normalisation in arithmetic is one operation in the eyes of rules', () => {
  test.each(SPELLINGS)('%s', async (_, network, reference) => {
    expect(view(build(network))).toEqual(['MatMul', reference === quadratic ? 'RMSNormalization' : 'LayerNormalization', 'MatMul']);
    expect(distance(await gradient(network), await gradient(reference))).toBeLessThan(1e-12);
  });

  test('between casts to single precision', async () => {
    const [, , ...inner] = between(...written(13));
    const nodes = [
      makeNode('MatMul', ['x', 'w1'], ['p']), makeNode('Add', ['p', 'b1'], ['d']), cast('d', 'h', FLOAT), ...inner.slice(0, -4).map((node) => (node.opType === 'Pow' ? makeNode('Mul', ['c', 'c'], ['q']) : node)),
      makeNode('Div', ['c', 's'], ['f']), cast('f', 'o', DOUBLE), ...parameters, makeNode('MatMul', ['n', 'w2'], ['y']),
    ].map((node) => (node.opType === 'Add' && node.input[1] === '1e-5' ? makeNode('Add', ['v', 'small'], ['e']) : node));
    const network: Network = { opset: 13, nodes, constants: [makeTensor('small', FLOAT, [], [1e-5])] };
    expect(view(build(network))).toEqual(['MatMul', 'Cast', 'LayerNormalization', 'MatMul']);
    // The values pass single precision.
    expect(distance(await gradient(network), await gradient(whole))).toBeLessThan(1e-5);
  });

  test('of the channels of an image', async () => {
    const network = (nodes: readonly NodeProto[]): Network => ({ opset: 17, type: FLOAT, shape: IMAGES, nodes: inImage(...nodes) });
    const apart = network([
      mean(17, 'h', 'm', 1), makeNode('Sub', ['h', 'm'], ['c']), makeNode('Pow', ['c', '2'], ['q']), mean(17, 'q', 'v', 1), makeNode('Add', ['v', '1e-5'], ['e']), makeNode('Sqrt', ['e'], ['s']),
      makeNode('Div', ['c', 's'], ['o']), makeNode('Mul', ['gamma', 'o'], ['og']), makeNode('Add', ['og', 'beta'], ['n']),
    ]);
    const moved = network([
      makeNode('Transpose', ['h'], ['t'], [intsAttribute('perm', [0, 2, 3, 1])]), makeNode('LayerNormalization', ['t', 'gammas', 'betas'], ['u'], [epsilon]),
      makeNode('Transpose', ['u'], ['n'], [intsAttribute('perm', [0, 3, 1, 2])]),
    ]);
    expect(view(build(apart))).toEqual(['Conv', 'LayerNormalization', 'Conv']);
    expect(distance(await gradient(apart), await gradient(moved))).toBeLessThan(1e-5);
  });
});

const back = [makeNode('Shape', ['h'], ['size']), makeNode('Reshape', ['o', 'size'], ['r'])];
const perChannel = [makeNode('Mul', ['r', 'gamma'], ['rg']), makeNode('Add', ['rg', 'beta'], ['n'])];
const grouped: Network = { opset: 21, type: FLOAT, shape: IMAGES, nodes: inImage(makeNode('GroupNormalization', ['h', 'gammas', 'betas'], ['n'], [epsilon, intAttribute('num_groups', 2)])) };

test.each([
  ['as that of instances', 17, [makeNode('InstanceNormalization', ['z', 'unit groups', 'no shift'], ['o'], [epsilon])]],
  ['in means', 13, [mean(13, 'z', 'm'), makeNode('Sub', ['z', 'm'], ['c']), ...deviation(13), makeNode('Div', ['c', 's'], ['o'])]],
] as const)('group normalisation %s between reshapes is one operation in the eyes of rules', async (_, opset, core) => {
  const network: Network = { opset, type: FLOAT, shape: IMAGES, nodes: inImage(makeNode('Reshape', ['h', 'groups'], ['z']), ...core, ...back, ...perChannel) };
  expect(view(build(network))).toEqual(['Conv', 'Shape', 'GroupNormalization', 'Conv']);
  expect(distance(await gradient(network), await gradient(grouped))).toBeLessThan(1e-5);
});

test('a scale and an offset behind a normalisation of instances belong to it', async () => {
  const instance = (scale: string, shift: string, to: string): NodeProto => makeNode('InstanceNormalization', ['h', scale, shift], [to], [epsilon]);
  const nodes = inImage(instance('four', 'nothing', 'r'), ...perChannel);
  const constants = [makeTensor('four', FLOAT, [4], [1, 1, 1, 1]), makeTensor('nothing', FLOAT, [4], [0, 0, 0, 0])];
  const network: Network = { opset: 17, type: FLOAT, shape: IMAGES, nodes, constants };
  expect(view(build(network))).toEqual(['Conv', 'InstanceNormalization', 'Conv']);
  expect(distance(await gradient(network), await gradient({ ...network, nodes: inImage(instance('gammas', 'betas', 'n')) }))).toBeLessThan(1e-5);
});

/** Changes one node of layer normalisation as it is written in operator set 13. */
const changed = (output: string, ...instead: readonly NodeProto[]): readonly NodeProto[] => between(...written(13).flatMap((node) => (node.output[0] === output ? instead : [node])));

test.each<[string, readonly NodeProto[]]>([
  ['the mean of another tensor', changed('m', mean(13, 'p', 'm'))],
  ['a mean over other axes', changed('m', mean(13, 'h', 'm', 1))],
  ['a variance over other axes', changed('v', mean(13, 'q', 'v', 1))],
  ['statistics across samples', between(...written(13).map((node) => (node.opType === 'ReduceMean' ? makeNode('ReduceMean', node.input, node.output, [intsAttribute('axes', [0])]) : node)))],
  ['another power', changed('q', makeNode('Pow', ['c', '3'], ['q']))],
  ['an epsilon that is computed', changed('e', makeNode('ReduceMax', ['x'], ['top']), makeNode('Add', ['v', 'top'], ['e']))],
  ['an epsilon for every channel', changed('e', makeNode('Add', ['v', 'g'], ['e']))],
  ['a mean that is used elsewhere', [...between(...written(13)).slice(0, -1), makeNode('Add', ['n', 'm'], ['used']), makeNode('MatMul', ['used', 'w2'], ['y'])]],
  ['a deviation that is used elsewhere', [...between(...written(13)).slice(0, -1), makeNode('Mul', ['n', 's'], ['used']), makeNode('MatMul', ['used', 'w2'], ['y'])]],
  ['the mean of another tensor times the factor', between(
    mean(13, 'p', 'mp'), ...factored.map((node) => (node.output[0] === 'mf' ? makeNode('Mul', ['mp', 'f'], ['mf']) : node)), makeNode('Sub', ['b', 'mf'], ['o']), makeNode('Add', ['hf', 'o'], ['n']),
  )],
  ['another sign', between(...factored, makeNode('Add', ['b', 'mf'], ['o']), makeNode('Add', ['hf', 'o'], ['n']))],
  ['a factor that is used elsewhere', between(...factored, makeNode('Sub', ['hf', 'mf'], ['z']), makeNode('Add', ['z', 'f'], ['n']))],
])('%s is no part of a layer normalisation', (_, nodes) => {
  const model = build({ opset: 13, nodes });
  expect(joinNodes(model, inferShapes(model), withoutLayers, new Set()).model).toBe(model);
});

test.each<[string, readonly NodeProto[], readonly string[]]>([
  ['a scale that is computed', changed('og', makeNode('Mul', ['o', 'x'], ['og'])), ['Mul', 'Add']],
  ['a scale for every position', changed('og', makeNode('Mul', ['o', 'positions'], ['og'])), ['Mul']],
  ['an offset for every position', changed('n', makeNode('Add', ['og', 'positions'], ['n'])), ['Add']],
])('%s stays behind the normalisation', (_, nodes, behind) => {
  expect(view(build({ opset: 13, nodes }))).toEqual(['MatMul', 'LayerNormalization', ...(behind.length === 1 && behind[0] === 'Mul' ? ['Mul', 'Add'] : behind), 'MatMul']);
});

test('values at which a gradient is asked for are not inside an operation', () => {
  const model = build({ opset: 13, nodes: between(...written(13)) });
  const joined = (kept: string): readonly string[] => joinNodes(model, inferShapes(model), relevanceRules.rules, new Set([kept])).model.graph.node.map(({ opType }) => opType);
  expect(joined('c')).toHaveLength(model.graph.node.length - 1);
  expect(joined('p')).toEqual(['MatMul', 'Add', 'LayerNormalization', 'MatMul']);
  expect(joined('o')).toEqual(['MatMul', 'LayerNormalization', 'Mul', 'Add', 'MatMul']);
  expect(joined('h')).toEqual(['MatMul', 'LayerNormalization', 'MatMul']);
  const { model: both } = differentiate(model, { of: 'y', at: ['x', 'c'], rules: relevanceRules });
  expect(both.graph.output.map(({ name }) => name)).toEqual(['y', 'x/gradient', 'c/gradient']);
});

test('the forward pass runs as it was exported, and rules without a word for the operation see its parts', () => {
  const model = build({ opset: 13, nodes: between(...written(13)) });
  const { model: extended } = differentiate(model, { of: 'y', at: ['x'], rules: relevanceRules });
  expect(extended.graph.node.slice(0, model.graph.node.length)).toEqual(model.graph.node);
  expect(extended.graph.node.map(({ opType }) => opType)).not.toContain('LayerNormalization');
  const kinds: string[] = [];
  const look: BackwardRule = ({ kind, derivative }) => {
    kinds.push(kind);
    return derivative();
  };
  differentiate(model, { of: 'y', at: ['x'], rules: { name: 'test', rules: { 'layer-norm': look, 'dense': look, 'divide': look } } });
  expect(kinds).toEqual(['dense', 'layer-norm', 'dense']);
  kinds.length = 0;
  differentiate(model, { of: 'y', at: ['x'], rules: { name: 'test', rules: { dense: look, divide: look } } });
  expect(kinds).toEqual(['dense', 'divide', 'dense']);
});

const derivative: BackwardRule = (node) => node.derivative();
const doubled: BackwardRule = ({ gradients, derivative: through }, { multiply, constant }) => through(multiply(gradients[0]!, constant(2)));

test.each(SPELLINGS)('a rule can ask for the true derivative of a normalisation %s', async (_, network) => {
  const exact = await gradient(network, { name: 'none', rules: {} });
  expect(distance(await gradient(network, { name: 'test', rules: { 'layer-norm': derivative } }), exact)).toBeLessThan(1e-12);
  const twice = await gradient(network, { name: 'test', rules: { 'layer-norm': doubled } });
  expect(distance(twice.map((value) => value / 2), exact)).toBeLessThan(1e-12);
});

const product = (...nodes: readonly NodeProto[]): Network => ({ opset: 17, type: FLOAT, nodes: between(...nodes) });
const operator = (name: string, opset: number): Network => ({ opset, type: FLOAT, nodes: between(makeNode(name, ['h'], ['n'])) });
const byTanh = (cube: readonly NodeProto[]): Network => product(...cube, makeNode('Mul', ['h3', '0.044715'], ['a']), makeNode('Add', ['h', 'a'], ['i']),
  makeNode('Mul', ['i', String(Math.sqrt(2 / Math.PI))], ['u']), makeNode('Tanh', ['u'], ['t']), makeNode('Add', ['1', 't'], ['gate']), makeNode('Mul', ['0.5', 'h'], ['half']), makeNode('Mul', ['half', 'gate'], ['n']));
const toErf = [makeNode('Div', ['h', String(Math.SQRT2)], ['u']), makeNode('Erf', ['u'], ['t']), makeNode('Add', ['t', '1'], ['gate'])];

const WRITTEN: readonly (readonly [title: string, Network, operator: string, reference: Network | null])[] = [
  ['Gelu', product(...toErf, makeNode('Mul', ['h', 'gate'], ['z']), makeNode('Mul', ['z', '0.5'], ['n'])), 'Gelu', operator('Gelu', 20)],
  ['Gelu with the half first', product(...toErf, makeNode('Mul', ['h', '0.5'], ['z']), makeNode('Mul', ['z', 'gate'], ['n'])), 'Gelu', operator('Gelu', 20)],
  ['Gelu with a quotient by 2', product(...toErf, makeNode('Mul', ['h', 'gate'], ['z']), makeNode('Div', ['z', '2'], ['n'])), 'Gelu', operator('Gelu', 20)],
  ['Gelu by tanh, of a power', byTanh([makeNode('Pow', ['h', '3'], ['h3'])]), 'Gelu', null],
  ['Gelu by tanh, of products', byTanh([makeNode('Mul', ['h', 'h'], ['h2']), makeNode('Mul', ['h2', 'h'], ['h3'])]), 'Gelu', null],
  ['HardSwish', product(makeNode('Add', ['h', '3'], ['a']), makeNode('Clip', ['a', '0', '6'], ['c']), makeNode('Mul', ['h', 'c'], ['z']), makeNode('Div', ['z', '6'], ['n'])), 'HardSwish', operator('HardSwish', 17)],
  ['HardSwish of HardSigmoid', product(makeNode('HardSigmoid', ['h'], ['a'], [floatAttribute('alpha', 1 / 6)]), makeNode('Mul', ['h', 'a'], ['n'])), 'HardSwish', operator('HardSwish', 17)],
  ['Mish', product(makeNode('Softplus', ['h'], ['a']), makeNode('Tanh', ['a'], ['t']), makeNode('Mul', ['h', 't'], ['n'])), 'Mish', operator('Mish', 18)],
  ['Swish', product(makeNode('Sigmoid', ['h'], ['a']), makeNode('Mul', ['h', 'a'], ['n'])), 'Swish', null],
];

test.each(WRITTEN)('%s in arithmetic is one operation in the eyes of rules', async (_, network, name, reference) => {
  expect(view(build(network))).toEqual(['MatMul', name, 'MatMul']);
  const result = await gradient(network);
  // Relevance passes an activation: that of any other is the same.
  const passed = await gradient(product(makeNode('Tanh', ['h'], ['n'])), { ...relevanceRules, rules: { ...relevanceRules.rules, dense: derivative, add: derivative } });
  expect(distance(await gradient(network, { ...relevanceRules, rules: { ...relevanceRules.rules, dense: derivative, add: derivative } }), passed)).toBeLessThan(1e-6);
  if (reference !== null) expect(distance(result, await gradient(reference))).toBeLessThan(1e-5);
});

test.each<[string, readonly NodeProto[]]>([
  ['another number', [...toErf, makeNode('Mul', ['h', 'gate'], ['z']), makeNode('Mul', ['z', '0.044715'], ['n'])]],
  ['the gate of another tensor', [makeNode('Sigmoid', ['p'], ['a']), makeNode('Mul', ['h', 'a'], ['n'])]],
  ['a number for every channel', [makeNode('Mul', ['h', 'g'], ['a']), makeNode('Sigmoid', ['a'], ['gate']), makeNode('Mul', ['h', 'gate'], ['n'])]],
  ['a gate that is used elsewhere', [makeNode('Sigmoid', ['h'], ['a']), makeNode('Mul', ['h', 'a'], ['z']), makeNode('Add', ['z', 'a'], ['n'])]],
])('%s makes no activation', (_, nodes) => {
  const model = build(product(...nodes));
  expect(joinNodes(model, inferShapes(model), withoutLayers, new Set()).model).toBe(model);
});

/** A layer from x to p with a sum behind it to h, and a ReLU. */
const biased = (layer: NodeProto, operands: readonly [string, string] = ['p', 'b1'], more: Partial<Network> = {}): Network =>
  ({ opset: 13, ...more, nodes: [layer, makeNode('Add', operands, ['h']), makeNode('Relu', ['h'], ['y'])] });
const matMul = makeNode('MatMul', ['x', 'w1'], ['p']);
const convolution = makeNode('Conv', ['x', 'k'], ['p']);
const image: Partial<Network> = { type: FLOAT, shape: IMAGES };
const row = (name: string, shape: readonly number[], type: Type = DOUBLE): TensorProto => makeTensor(name, type, shape, [...draw('b1', shape, false).data]);

test.each<[string, Network, string]>([
  ['behind a product of tokens', biased(matMul), 'MatMul'],
  ['before it', biased(matMul, ['b1', 'p']), 'MatMul'],
  ['of rows', biased(matMul, ['p', 'row'], { constants: [row('row', [1, 1, 6])] }), 'MatMul'],
  ['of a product of rows', biased(matMul, ['p', 'b1'], { shape: [2, 6] }), 'MatMul'],
  ['of a Gemm without one', biased(makeNode('Gemm', ['x', 'w1'], ['p']), ['p', 'b1'], { shape: [2, 6] }), 'Gemm'],
  ['of the channels of a convolution', biased(convolution, ['p', 'row'], { ...image, constants: [row('row', [1, 4, 1, 1], FLOAT)] }), 'Conv'],
  ['of its channels without the samples', biased(convolution, ['beta', 'p'], image), 'Conv'],
  ['of a transposed convolution', biased(makeNode('ConvTranspose', ['x', 'k'], ['p']), ['p', 'beta'], image), 'ConvTranspose'],
])('a bias %s belongs to the layer', (_, network, layer) => {
  const model = build(network);
  const { model: { graph }, partsOf } = joinNodes(model, inferShapes(model), { 'dense': derivative, 'conv': derivative, 'conv-transpose': derivative }, new Set());
  expect(graph.node.map(({ opType, input }) => [opType, input.length])).toEqual([[layer, 3], ['Relu', 1]]);
  expect(partsOf(graph.node[0]!)).toEqual(model.graph.node.slice(0, 2));
});

test.each<[string, Network]>([
  ['a sum with one number', biased(matMul, ['p', '2'])],
  ['a sum for every position', biased(matMul, ['p', 'positions'])],
  ['a sum with another token', biased(matMul, ['p', 'x'])],
  ['a sum that has more axes', biased(matMul, ['p', 'row'], { constants: [row('row', [1, 1, 1, 6])] })],
  ['a sum along the rows of an image', biased(convolution, ['p', 'gamma3'], { ...image, constants: [row('gamma3', [3], FLOAT)] })],
  ['a sum with a convolution that has a bias', biased(makeNode('Conv', ['x', 'k', 'kb'], ['p']), ['p', 'beta'], image)],
  ['a sum behind a stack of matrices', biased(makeNode('MatMul', ['x', 'stack'], ['p']), ['p', 'b1'], { constants: [row('stack', [1, 6, 6])] })],
  ['a sum behind a product of tokens', biased(makeNode('MatMul', ['x', 'x'], ['p']), ['p', 'b1'], { shape: [2, 6, 6] })],
  ['a product that is used elsewhere', { opset: 13, nodes: [matMul, makeNode('Add', ['p', 'b1'], ['h']), makeNode('Mul', ['h', 'p'], ['y'])] }],
])('%s is no bias', (_, network) => {
  const model = build(network);
  expect(joinNodes(model, inferShapes(model), { dense: derivative, conv: derivative }, new Set()).model).toBe(model);
});

test('a rule for a layer can ask for its true derivative, which its bias leaves as it is', async () => {
  for (const network of [biased(matMul), biased(convolution, ['p', 'beta'], image)]) {
    const exact = await gradient(network, { name: 'none', rules: {} });
    expect(await gradient(network, { name: 'test', rules: { dense: derivative, conv: derivative } })).toEqual(exact);
  }
});
