import { deepLiftRules } from '@pellucid/core';
import { describe, expect, test } from '@jest/globals';
import { ElementType, floatAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type TensorProto } from '@pellucid/onnx-graph';
import { differentiate, OPTIMIZATIONS, type Optimization } from '../src/index.ts';
import { run } from './session.ts';

/** Outside the ramp, on it, at its ends, and two floats next to each other; pairs of these are samples and baselines. */
const ENDS = [-7, -1e-3, 0, 1e-9, 1e-3, 3, 3 + 2 ** -22, 5.5, 6.25, 40, 1e6].map(Math.fround);
const PAIRS = ENDS.flatMap((x) => ENDS.map((x0) => [x, x0] as const));
const SIZE = PAIRS.length;

/** The multipliers of an activation behind weights that change nothing. */
async function multipliers(
  activation: NodeProto, opset: number, optimizations: readonly Optimization[],
): Promise<{ readonly slopes: readonly number[]; readonly operators: readonly string[]; readonly nodes: readonly NodeProto[] }> {
  const type = { elementType: ElementType.FLOAT, shape: ['n', SIZE, 1, 1] };
  const channels = (name: string, value: number): TensorProto => makeTensor(name, ElementType.FLOAT, [SIZE], new Float64Array(SIZE).fill(value));
  const bound = (name: string, value: number): TensorProto => makeTensor(name, ElementType.FLOAT, [], [value]);
  const network = makeModel({
    name: 'ramp', opset, producer: 'test', initializers: [channels('one', 1), channels('zero', 0), bound('low', 0), bound('high', 6)],
    nodes: [makeNode('BatchNormalization', ['x', 'one', 'zero', 'zero', 'one'], ['inner'], [floatAttribute('epsilon', 0)]), activation],
    inputs: [makeValueInfo('x', type)], outputs: [makeValueInfo('y', type)],
  });
  const { model, cotangent } = differentiate(network, { of: 'y', at: ['x'], rules: deepLiftRules, optimizations });
  const shape = [2, SIZE, 1, 1];
  const x = Float64Array.from([...PAIRS.map(([here]) => here), ...PAIRS.map(([, there]) => there)]);
  const answer = await run(model, new Map([['x', { shape, data: x }], [cotangent, { shape, data: new Float64Array(2 * SIZE).fill(-2) }]]), ['x/gradient']);
  return { slopes: Array.from(answer.get('x/gradient')?.data ?? [], (value) => value / -2), operators: model.graph.node.map(({ opType }) => opType), nodes: model.graph.node };
}

describe.each([
  ['ReLU', 17, Infinity, makeNode('Relu', ['inner'], ['y'])],
  ['ReLU of an old operator set', 9, Infinity, makeNode('Relu', ['inner'], ['y'])],
  ['ReLU6', 17, 6, makeNode('Clip', ['inner', 'low', 'high'], ['y'])],
  ['ReLU6 of an old operator set', 9, 6, makeNode('Clip', ['inner'], ['y'], [floatAttribute('min', 0), floatAttribute('max', 6)])],
] as const)('%s', (_, opset, high, activation) => {
  test.each<readonly (readonly Optimization[])[]>([
    [['secant-slopes']], [['secant-slopes', 'reference-slopes']],
  ])('%s: the part of the way between sample and baseline that lies on the ramp is the quotient of changes, and the derivative where nothing changes', async (optimizations) => {
    const { slopes } = await multipliers(activation, opset, optimizations);
    const ramp = (x: number): number => Math.min(Math.max(x, 0), high);
    const exact = PAIRS.map(([x, x0]) => (x === x0 ? Number(x > 0 && x < high) : (ramp(x) - ramp(x0)) / (x - x0)));
    expect(slopes).toHaveLength(2 * SIZE);
    slopes.forEach((slope, i) => { expect(Math.abs(slope - exact[i % SIZE]!)).toBeLessThanOrEqual(2 ** -22 * exact[i % SIZE]!); });
  });

  test('agrees with the plain form, alone and with all other optimisations, in fewer nodes', async () => {
    const plain = await multipliers(activation, opset, []);
    for (const optimizations of [['secant-slopes'], ['secant-slopes', 'reference-slopes'], OPTIMIZATIONS] as const) {
      const { slopes, operators } = await multipliers(activation, opset, optimizations);
      slopes.forEach((slope, i) => { expect(Math.abs(slope - plain.slopes[i]!)).toBeLessThanOrEqual(2 ** -22 * plain.slopes[i]!); });
      expect(operators).not.toContain('Where');
      expect(operators.length).toBeLessThan(plain.operators.length);
    }
  });
});

test('reference-slopes: what the baseline alone decides of a ReLU6 is computed of nothing else, all but three steps and the quotient', async () => {
  const { nodes } = await multipliers(makeNode('Clip', ['inner', 'low', 'high'], ['y']), 17, ['secant-slopes', 'reference-slopes']);
  const [here = '', there = ''] = nodes.find(({ opType, input }) => opType === 'Split' && input[0] === 'inner')?.output ?? [];
  const isOf = (half: string): ReadonlySet<string> => {
    const reached = new Set([half]);
    for (const { input, output } of nodes) if (input.some((name) => reached.has(name))) for (const name of output) reached.add(name);
    return reached;
  };
  const [sample, baseline] = [isOf(here), isOf(there)];
  const mixed = nodes.filter(({ input }) => input.some((name) => baseline.has(name) && !sample.has(name)) && input.some((name) => sample.has(name)));
  expect(mixed.map(({ opType }) => opType)).toEqual(['Sub', 'Add', 'Sub']);
  expect(nodes.filter(({ output: [name = ''] }) => baseline.has(name) && !sample.has(name) && name !== there).map(({ opType }) => opType)).toEqual(['Clip', 'Sub', 'Mul', 'Clip']);
});
