import { expect, test } from '@jest/globals';
import type { BackwardRule, BackwardRules } from '@pellucid/core';
import {
  ElementType, floatAttribute, int64Tensor, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, stringAttribute, type AttributeProto, type NodeProto,
  type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { expandNodes } from '../src/backward-rules/expand-nodes.ts';
import { differentiate } from '../src/index.ts';
import { FUSED_PARTS } from '../src/rules/fused-parts.ts';
import { SPELLED_OUT } from '../src/rules/spelled-out.ts';
import { compositions } from './cases/compositions.ts';
import { mathematics } from './cases/mathematics.ts';
import { windows } from './cases/windows.ts';
import { caseModel, draw, lengthsOf, type RuleCase } from './check-rule.ts';
import { run, type Values } from './session.ts';

const derivative: BackwardRule = (node) => node.derivative();
/** Words for arithmetic and activations, none for normalisations. */
const ARITHMETIC: BackwardRules['rules'] = { relu: derivative, clip: derivative, multiply: derivative, divide: derivative, activation: derivative };

const nameOf = ({ operator, domain }: RuleCase): string => (domain === undefined ? operator : `${domain}.${operator}`);
const CASES = [...compositions, ...windows, ...mathematics].filter((item) => {
  const name = nameOf(item);
  // A FastGelu without a bias is an activation as it stands.
  return name in SPELLED_OUT || (name in FUSED_PARTS && !(item.operator === 'FastGelu' && Object.keys(item.inputs).length === 1));
});

async function valueOf(name: string, model: OnnxModel, feeds: ReadonlyMap<string, Values>): Promise<Values> {
  const value = (await run(model, feeds, [name])).get(name);
  if (value === undefined) throw new Error(`no ${name}`);
  return value;
}

async function outputOf(model: OnnxModel, item: RuleCase): Promise<Values> {
  const feeds = new Map(Object.entries(item.inputs).map(([name, shape]) => [name, draw(name, lengthsOf(shape), item.single ?? false, item.values)]));
  return valueOf('y', model, feeds);
}

test('every operator that has parts is checked here', () => {
  const checked = new Set(CASES.map(nameOf));
  expect([...Object.keys(FUSED_PARTS), ...Object.keys(SPELLED_OUT)].filter((operator) => !checked.has(operator))).toEqual([]);
});

test.each(CASES.map((item, i) => [`${nameOf(item)} (${i})`, item] as const))('the parts of %s compute what it computes', async (_, item) => {
  const model = caseModel(item);
  const expanded = expandNodes(model, ARITHMETIC);
  expect(expanded.graph.node.includes(model.graph.node[0]!)).toBe(false);
  const [whole, parts] = [await outputOf(model, item), await outputOf(expanded, item)];
  expect(parts.shape).toEqual(whole.shape);
  const size = Math.max(...whole.data.map(Math.abs), 1e-3);
  const tolerance = item.approximated === true ? 3e-5 : item.single === true ? 3e-6 : 1e-12;
  whole.data.forEach((value, i) => expect(Math.abs(parts.data[i]! - value)).toBeLessThan(tolerance * size));
});

/** A network from x [n, 3] to y in single precision, which may use the operators of optimisers. */
function network(nodes: readonly NodeProto[], initializers: readonly TensorProto[], opset = 17): OnnxModel {
  const info = (name: string, shape: readonly (string | number)[] | null) => makeValueInfo(name, { elementType: ElementType.FLOAT, shape });
  const model = makeModel({ name: 'net', opset, producer: 'test', nodes: nodes.map((node) => ({ ...node, domain: '' })), initializers, inputs: [info('x', ['n', 3])], outputs: [info('y', null)] });
  model.graph.node.forEach((node, i) => { node.domain = nodes[i]!.domain; });
  const [standard] = model.proto.opsetImport;
  if (standard) model.proto.opsetImport.push({ ...standard, domain: 'com.microsoft', version: 1n });
  return model;
}
const microsoft = (...parts: Parameters<typeof makeNode>): NodeProto => ({ ...makeNode(...parts), domain: 'com.microsoft' });
const stored = (name: string, shape: readonly number[], values: readonly number[]): TensorProto => makeTensor(name, ElementType.FLOAT, shape, values);

const guided: BackwardRule = ({ gradients, derivative: pass }, { maximum, constant }) => pass(maximum(gradients[0]!, constant(0)));
const GUIDED: BackwardRules = { name: 'guided', rules: { relu: guided } };

async function gradientUnder(model: OnnxModel, rules: BackwardRules, x: readonly number[], cotangent: readonly number[]): Promise<{ values: number[]; uncovered: readonly string[] }> {
  const derived = differentiate(model, { of: 'y', at: ['x'], rules });
  const feeds = new Map<string, Values>([['x', { shape: [1, 3], data: Float64Array.from(x) }], [derived.cotangent, { shape: [1, cotangent.length], data: Float64Array.from(cotangent) }]]);
  return { values: [...(await valueOf('x/gradient', derived.model, feeds)).data], uncovered: derived.uncovered };
}

const zero = stored('zero', [], [0]);
const bounds = (...parts: (readonly [string, number])[]): AttributeProto[] => parts.map(([name, value]) => floatAttribute(name, value));
test.each<[string, number, NodeProto]>([
  ['Relu', 17, makeNode('Relu', ['h'], ['y'])],
  ['Max(x, 0)', 17, makeNode('Max', ['h', 'zero'], ['y'])],
  ['Max(0, x)', 8, makeNode('Max', ['zero', 'h'], ['y'])],
  ['Clip from 0', 17, makeNode('Clip', ['h', 'zero'], ['y'])],
  ['Clip from 0 to infinity', 17, makeNode('Clip', ['h', 'zero', 'infinity'], ['y'])],
  ['Clip from 0 by attribute', 7, makeNode('Clip', ['h'], ['y'], bounds(['min', 0]))],
  ['Clip from 0 to the greatest number', 10, makeNode('Clip', ['h'], ['y'], bounds(['min', 0], ['max', 3.4028234663852886e38]))],
])('%s is a ReLU to backward rules (opset %i)', async (_, opset, activation) => {
  const model = network([makeNode('Neg', ['x'], ['h']), activation], [zero, stored('infinity', [], [Infinity])], opset);
  expect(await gradientUnder(model, GUIDED, [-1, -2, 3], [1, -1, 1])).toEqual({ values: [-1, -0, -0], uncovered: [] });
});

test.each<[string, NodeProto, TensorProto[]]>([
  ['a bound of 6, which is not a ReLU', makeNode('Clip', ['x', 'zero', 'six'], ['y']), [zero, stored('six', [], [6])]],
  ['a maximum that spreads its operand', makeNode('Max', ['x', 'zeros'], ['y']), [stored('zeros', [1, 1, 1], [0])]],
  ['a maximum of two operands', makeNode('Max', ['x', 'x'], ['y']), []],
])('%s keeps its derivative', (_, node, constants) => {
  expect(differentiate(network([node], constants), { of: 'y', at: ['x'], rules: GUIDED }).uncovered).toHaveLength(1);
});

test('bounds by Max and Min are clips to rules that know these', () => {
  const rules: BackwardRules = { name: 'clips', rules: { clip: derivative } };
  const nodes = [makeNode('Max', ['x', 'zero'], ['h']), makeNode('Min', ['six', 'h'], ['y'])];
  for (const opset of [8, 17]) {
    const { uncovered, model } = differentiate(network(nodes, [zero, stored('six', [], [6])], opset), { of: 'y', at: ['x'], rules });
    expect(uncovered).toEqual([]);
    expect(model.graph.node.slice(0, 2).map(({ opType }) => opType)).toEqual(['Clip', 'Clip']);
  }
});

test('rules see the activation inside a fused operator, each time that a module is used', async () => {
  const w = stored('w', [3, 3], [1, 0, 0, 0, -1, 0, 0, 0, 1]);
  const gemm = (x: string, y: string): NodeProto => microsoft('FusedGemm', [x, 'w'], [y], [stringAttribute('activation', 'Relu')]);
  const plain = (x: string, y: string): NodeProto[] => [makeNode('MatMul', [x, 'w'], [`${y}/product`]), makeNode('Relu', [`${y}/product`], [y])];
  const [fused, spelled] = [network([gemm('x', 'h'), gemm('h', 'y')], [w]), network([...plain('x', 'h'), ...plain('h', 'y')], [w])];
  for (const cotangent of [[1, 1, 1], [-1, 1, -1]]) {
    const expected = await gradientUnder(spelled, GUIDED, [1, -2, 3], cotangent);
    expect(await gradientUnder(fused, GUIDED, [1, -2, 3], cotangent)).toEqual(expected);
  }
});

test.each([9, 17])('a convolution that is fused with a bound at 0 ends in a ReLU (opset %i)', async (opset) => {
  const conv = { ...microsoft('FusedConv', ['image', 'w'], ['c'], [stringAttribute('activation', 'Clip'), { ...intsAttribute('activation_params', []), type: 6, floats: [0, 3.4028234663852886e38] }]) };
  const model = network([makeNode('Unsqueeze', ['x', ...(opset >= 13 ? ['two'] : [])], ['image'], opset >= 13 ? [] : [intsAttribute('axes', [2])]), conv, makeNode('Flatten', ['c'], ['y'])],
    [stored('w', [3, 3, 1], [1, 0, 0, 0, -1, 0, 0, 0, 1]), int64Tensor('two', [2])], opset);
  expect(await gradientUnder(model, GUIDED, [1, -2, 3], [1, 1, -1])).toEqual({ values: [1, -1, 0], uncovered: [] });
});

test('a rule of activations leaves a node alone whose other operand depends on the input', async () => {
  const rules: BackwardRules = { name: 'ones', rules: { activation: ({ gradients }) => [gradients[0]!] } };
  // y = 2^x
  const model = network([makeNode('Pow', ['two', 'x'], ['y'])], [stored('two', [1, 3], [2, 2, 2])]);
  const { values, uncovered } = await gradientUnder(model, rules, [0, 1, 2], [1, 1, 1]);
  [1, 2, 4].forEach((power, i) => expect(values[i]).toBeCloseTo(power * Math.LN2, 5));
  expect(uncovered).toEqual(['y (Pow)']);
});

test('packed keys and values are what they are apart, which is all that the runtime takes on the CPU', async () => {
  const [batch, length, heads, size] = [2, 3, 2, 2];
  const shape = [batch, length, heads * size];
  const parts = ['q', 'k', 'v'].map((name) => draw(name, shape, true));
  const attend = (inputs: Readonly<Record<string, readonly number[]>>): OnnxModel => caseModel({ operator: 'MultiHeadAttention', domain: 'com.microsoft', inputs, attributes: [intAttribute('num_heads', heads)], single: true });
  const apart = await valueOf('y', attend({ q: shape, k: shape, v: shape }), new Map(['q', 'k', 'v'].map((name, i) => [name, parts[i]!])));
  // [batch, length, heads, parts, size] from [batch, length, heads, size] each.
  const packed = (packedParts: readonly Values[]): Values => ({
    shape: [batch, length, heads, packedParts.length, size],
    data: Float64Array.from({ length: batch * length * heads * packedParts.length * size }, (_, i) => {
      const [row, part, at] = [Math.floor(i / (packedParts.length * size)), Math.floor(i / size) % packedParts.length, i % size];
      return packedParts[part]!.data[row * size + at]!;
    }),
  });
  const all = packed(parts);
  const one = await valueOf('y', expandNodes(attend({ q: all.shape }), {}), new Map([['q', all]]));
  const keysAndValues = packed(parts.slice(1));
  const two = await valueOf('y', expandNodes(attend({ q: shape, k: keysAndValues.shape }), {}), new Map([['q', parts[0]!], ['k', keysAndValues]]));
  for (const { data } of [one, two]) apart.data.forEach((value, i) => expect(data[i]).toBeCloseTo(value, 6));
});
