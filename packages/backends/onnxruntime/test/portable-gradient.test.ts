import type { BackwardRules } from '@pellucid/core';
import { expect, test } from '@jest/globals';
import {
  declaredType, ElementType, intAttribute, intsAttribute, makeModel, makeNode, makeTensor, makeValueInfo, withMetadata, writeModel,
  type Dimension, type NodeProto, type OnnxModel, type TensorProto,
} from '@pellucid/onnx-graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { portableGradient } from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;

/** Changes of the output over changes of the input, for inputs that differ from their baselines. */
const quotients: BackwardRules = {
  name: 'quotients',
  paired: true,
  rules: {
    relu: ({ inputs, outputs, gradients }, { halves, join, subtract, divide, multiply }) => {
      const [[x, x0], [y, y0]] = [halves(inputs[0]!), halves(outputs[0]!)];
      const multiplier = divide(subtract(y, y0), subtract(x, x0));
      return [multiply(gradients[0]!, join(multiplier, multiplier))];
    },
  },
};

interface Parts {
  readonly nodes: readonly NodeProto[];
  readonly constants?: readonly TensorProto[];
  readonly inputs: Readonly<Record<string, readonly [number, readonly Dimension[]]>>;
  readonly output: readonly Dimension[];
  readonly opset?: number;
}

const network = ({ nodes, constants = [], inputs, output, opset = 17 }: Parts): OnnxModel => makeModel({
  name: 'net', opset, producer: 'test', nodes, initializers: constants,
  inputs: Object.entries(inputs).map(([name, [elementType, shape]]) => makeValueInfo(name, { elementType, shape })),
  outputs: [makeValueInfo('y', { elementType: FLOAT, shape: output })],
});

async function run(model: OnnxModel, feeds: Readonly<Record<string, Tensor>>): Promise<(name: string) => number[]> {
  const session = await InferenceSession.create(writeModel(model), { logSeverityLevel: 3 });
  try {
    const answers = await session.run(feeds);
    return (name) => Array.from(answers[name]?.data as Float32Array);
  } finally {
    await session.release();
  }
}

const floats = (shape: number[], ...values: number[]): Tensor => new Tensor('float32', Float32Array.from(values), shape);

test.each([7, 13, 17, 18, 21])('opset %i: pairs are joined inside, and what is not compared with a baseline is the same for both halves', async (opset) => {
  const model = network({
    opset,
    nodes: [makeNode('Relu', ['x'], ['r']), makeNode('Gather', ['e', 'ids'], ['g']), makeNode('Mul', ['r', 'g'], ['y'])],
    constants: [makeTensor('e', FLOAT, [3, 2], [1, 10, 2, 20, 3, 30])],
    inputs: { x: [FLOAT, ['n', 2]], ids: [INT64, ['n']] }, output: ['n', 2],
  });
  const { model: paired, uncovered } = portableGradient(withMetadata(model, { author: 'me' }), { wrt: ['x', 'r'], rules: quotients });
  expect(uncovered).toEqual([]);
  expect(paired.graph.input.map(({ name }) => name)).toEqual(['x', 'ids', 'y/cotangent', 'x/baseline']);
  expect(paired.graph.output.map(({ name }) => name)).toEqual(['y', 'x/gradient', 'r/gradient']);
  for (const info of [...paired.graph.input, ...paired.graph.output]) expect(declaredType(info)?.shape?.[0]).toBe('n');
  expect(paired.proto.metadataProps.map(({ key, value }) => [key, value])).toEqual([['author', 'me'], ['pellucid.backward_rules', 'quotients']]);
  const answer = await run(paired, {
    'x': floats([3, 2], 1, -2, 3, 4, -1, 6), 'ids': new Tensor('int64', [2n, 0n, 1n], [3]), 'x/baseline': floats([3, 2], -1, 2, 1, 2, 3, -6),
    'y/cotangent': floats([3, 2], 1, 1, 1, 1, 1, 2),
  });
  expect(answer('y')).toEqual([3, 0, 3, 40, 0, 120]);
  expect(answer('r/gradient')).toEqual([3, 30, 1, 10, 2, 40]);
  // g (relu(x) - relu(x0)) / (x - x0)
  expect(answer('x/gradient')).toEqual([1.5, 15, 1, 10, 1.5, 20]);
});

test('a batch fixed at one sample is freed for pairs where that changes nothing, else refused', async () => {
  const inputs = { x: [FLOAT, [1, 2]] } as const;
  const free = portableGradient(network({ nodes: [makeNode('Relu', ['x'], ['y'])], inputs, output: [1, 2] }), { wrt: 'inputs', rules: quotients });
  const answer = await run(free.model, { 'x': floats([2, 2], 1, -1, 2, 3), 'x/baseline': floats([2, 2], -1, 1, 1, 1), 'y/cotangent': floats([2, 2], 1, 1, 1, 1) });
  expect(answer('x/gradient')).toEqual([0.5, 0.5, 1, 1]);
  const mixed = network({ nodes: [makeNode('Relu', ['x'], ['r']), makeNode('Softmax', ['r'], ['y'], [intAttribute('axis', 0)])], inputs, output: [1, 2] });
  expect(() => portableGradient(mixed, { wrt: 'inputs', rules: quotients })).toThrow(expect.objectContaining({
    code: 'MODEL_UNSUPPORTED', message: expect.stringContaining('`x` takes 1 sample at a time, but each sample needs its baseline'),
  }));
});

test('an output without a batch axis cannot be halved', () => {
  const model = network({
    nodes: [makeNode('Relu', ['x'], ['r']), makeNode('ReduceSum', ['r'], ['y'], [intAttribute('keepdims', 0)])], inputs: { x: [FLOAT, ['n', 2]] }, output: [],
  });
  expect(() => portableGradient(model, { wrt: 'inputs', rules: quotients })).toThrow('`y` has the shape [], which has no batch axis in front');
});

test('an input handed through as an output is that of the samples', async () => {
  const model = network({ nodes: [makeNode('Relu', ['x'], ['y'])], inputs: { x: [FLOAT, ['n', 1]] }, output: ['n', 1] });
  model.graph.output.push(makeValueInfo('x', { elementType: FLOAT, shape: ['n', 1] }));
  const { model: paired } = portableGradient(model, { wrt: ['x'], of: 'y', rules: quotients });
  const answer = await run(paired, { 'x': floats([1, 1], 3), 'x/baseline': floats([1, 1], -1), 'y/cotangent': floats([1, 1], 1) });
  expect([answer('x'), answer('y'), answer('x/gradient')]).toEqual([[3], [3], [0.75]]);
});

test('rules may be chosen by the kinds of operations, and what they leave alone is named in the model', () => {
  const model = network({
    nodes: [makeNode('Conv', ['x', 'w'], ['c'], [intsAttribute('kernel_shape', [1])]), makeNode('Tanh', ['c'], ['y'])],
    constants: [makeTensor('w', FLOAT, [1, 1, 1], [2])], inputs: { x: [FLOAT, ['n', 1, 3]] }, output: ['n', 1, 3],
  });
  let seen: readonly string[] = [];
  const { model: ruled, uncovered } = portableGradient(model, { wrt: 'inputs', rules: (kinds) => { seen = [...kinds]; return { name: 'none', rules: {} }; } });
  expect(seen).toEqual(['conv', 'tanh']);
  expect(uncovered).toEqual(['y (Tanh)']);
  expect(ruled.proto.metadataProps.map(({ key, value }) => [key, value])).toEqual([['pellucid.backward_rules', 'none'], ['pellucid.true_derivative', 'y (Tanh)']]);
});

test('thresholds and stabilisers of rules do not vanish in half floats', async () => {
  const cast = (from: string, to: string, type: number): NodeProto => makeNode('Cast', [from], [to], [intAttribute('to', type)]);
  const model = network({
    nodes: [cast('x', 'h', ElementType.FLOAT16), makeNode('Relu', ['h'], ['r']), cast('r', 'y', FLOAT)], inputs: { x: [FLOAT, ['n']] }, output: ['n'],
  });
  const still: BackwardRules = {
    name: 'still',
    rules: { relu: ({ inputs, gradients }, { where, greater, absolute, constant }) => [where(greater(constant(1e-10), absolute(inputs[0]!)), constant(0), gradients[0]!)] },
  };
  const answer = await run(portableGradient(model, { wrt: 'inputs', rules: still }).model, { 'x': floats([2], 0, 1), 'y/cotangent': floats([2], 1, 1) });
  expect(answer('x/gradient')).toEqual([0, 1]);
});
