import { create } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import {
  AttributeProto_AttributeType, AttributeProtoSchema, FunctionProtoSchema, GraphProtoSchema, OperatorSetIdProtoSchema, type FunctionProto, type GraphProto,
} from 'onnx-buf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  copyWith, ElementType, floatAttribute, makeModel, makeNode, makeTensor, makeValueInfo, readModel, replaceParts, writeModel, type NodeProto, type OnnxModel,
} from '../src/index.ts';

const { FLOAT, BOOL } = ElementType;
const X = [-2, -0.5, 1, 3];

async function run(bytes: Uint8Array): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(X), [4]) });
    return [...(y?.data as Float32Array)];
  } finally {
    await session.release();
  }
}

function model(nodes: readonly NodeProto[], stored: Parameters<typeof makeModel>[0]['initializers'] = []): OnnxModel {
  return makeModel({
    name: 'forms', opset: 17, producer: 'test', nodes, initializers: stored,
    inputs: [makeValueInfo('x', { elementType: FLOAT, shape: [4] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: [4] })],
  });
}

const importing = (domain: string, version: number) => create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) });
const call = (name: string, input: string[], output: string[]): NodeProto => copyWith(makeNode(name, input, output), { domain: 'own' });

/** The bytes of a model with functions of its own. */
function withFunctions(nodes: readonly NodeProto[], functions: readonly Partial<FunctionProto>[]): Uint8Array {
  const { name, graph, proto } = replaceParts(model([makeNode('Relu', ['x'], ['y'])]), { node: nodes });
  const bodies = functions.map((body) => create(FunctionProtoSchema, { domain: 'own', opsetImport: [importing('', 17), importing('own', 1)], ...body } as FunctionProto));
  return writeModel({ name, graph, proto: copyWith(proto, { functions: bodies, opsetImport: [importing('', 17), importing('own', 1)], irVersion: 9n }) });
}

test('functions are expanded: nested, used twice, with attributes of the call and defaults', async () => {
  const slope = create(AttributeProtoSchema, { name: 'alpha', refAttrName: 'slope', type: AttributeProto_AttributeType.FLOAT });
  const bytes = withFunctions([
    copyWith(call('Twice', ['x'], ['a']), { attribute: [floatAttribute('slope', 0.25)] }), call('Twice', ['a'], ['y']),
  ], [
    { name: 'Leaky', input: ['v'], output: ['w'], attribute: ['slope'], node: [makeNode('LeakyRelu', ['v'], ['w'], [slope])] },
    {
      name: 'Twice', input: ['v'], output: ['w'], attributeProto: [floatAttribute('slope', 0.5)],
      node: [copyWith(call('Leaky', ['v'], ['t']), { attribute: [copyWith(slope, { name: 'slope' })] }), makeNode('Add', ['t', 't'], ['w'])],
    },
  ]);
  const expanded = readModel(bytes, 'functions');
  expect(expanded.graph.node.map(({ opType }) => opType)).toEqual(['LeakyRelu', 'Add', 'LeakyRelu', 'Add']);
  expect(expanded.proto.functions).toEqual([]);
  expect(await run(writeModel(expanded))).toEqual(await run(bytes));
  expect(await run(bytes)).toEqual(X.map((value) => (value < 0 ? value * 0.25 * 2 * 0.5 * 2 : value * 4)));
});

test('a function may hand its input through and leave outputs unused', async () => {
  const bytes = withFunctions([call('Pick', ['x'], ['', 'a']), makeNode('Neg', ['a'], ['y'])],
    [{ name: 'Pick', input: ['v'], output: ['w', 'v'], node: [makeNode('Exp', ['v'], ['w'])] }]);
  expect(await run(writeModel(readModel(bytes, 'pick')))).toEqual(X.map((value) => -value));
});

test('functions that call themselves, or grow without bound, are errors', () => {
  const self = withFunctions([call('F', ['x'], ['y'])], [{ name: 'F', input: ['v'], output: ['w'], node: [call('F', ['v'], ['w'])] }]);
  expect(() => readModel(self, 'self')).toThrow('the function `F` calls itself');
  const levels = Array.from({ length: 40 }, (_, i): Partial<FunctionProto> => ({
    name: `F${i}`, input: ['v'], output: ['w'],
    node: i === 39 ? [makeNode('Relu', ['v'], ['w'])] : [call(`F${i + 1}`, ['v'], ['t']), call(`F${i + 1}`, ['t'], ['w'])],
  }));
  expect(() => readModel(withFunctions([call('F0', ['x'], ['y'])], levels), 'bomb')).toThrow('expand to more than');
});

const branch = (operator: string): GraphProto => create(GraphProtoSchema, {
  name: operator, node: [makeNode(operator, ['x'], ['t']), makeNode('Add', ['t', 'w'], ['r'])], initializer: [makeTensor('w', FLOAT, [1], [10])],
  output: [makeValueInfo('r', { elementType: FLOAT, shape: [4] })],
});
function choose(condition: string): NodeProto {
  const graph = (name: string, g: GraphProto) => create(AttributeProtoSchema, { name, g, type: AttributeProto_AttributeType.GRAPH });
  return makeNode('If', [condition], ['y'], [graph('then_branch', branch('Relu')), graph('else_branch', branch('Neg'))]);
}

test.each([true, false])('an If whose condition is %s is replaced by the branch that it takes', async (taken) => {
  const bytes = writeModel(model([choose('c')], [makeTensor('c', BOOL, [], [taken ? 1 : 0])]));
  const folded = readModel(bytes, 'if');
  expect(folded.graph.node.map(({ opType }) => opType)).toEqual([taken ? 'Relu' : 'Neg', 'Add', 'Identity']);
  expect(await run(writeModel(folded))).toEqual(await run(bytes));
});

test('an If whose condition depends on the input stays', () => {
  const nodes = [makeNode('ReduceMax', ['x'], ['m']), makeNode('Greater', ['m', 'zero'], ['b']), makeNode('Squeeze', ['b'], ['c']), choose('c')];
  const read = readModel(writeModel(model(nodes, [makeTensor('zero', FLOAT, [], [0])])), 'if');
  expect(read.graph.node.at(-1)?.opType).toBe('If');
});
