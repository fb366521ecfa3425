import { expect, test } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import {
  copyWith, ElementType, extendGraph, extractSubgraph, graphInputs, inferShapes, int64Tensor, makeModel, makeNode, makeTensor, makeValueInfo, opsetOf, readModel, replaceParts,
  tensorProducers, tensorValues, uniqueNames, writeModel, type GraphParts, type OnnxModel,
} from '../src/index.ts';

const { FLOAT } = ElementType;
const GOOD: OnnxModel = makeModel({
  name: 'good.onnx', opset: 17, producer: 'test',
  nodes: [makeNode('Add', ['x', 'w'], ['a']), makeNode('Relu', ['a'], ['y'])],
  initializers: [makeTensor('w', FLOAT, [3], [1, 2, 3])],
  inputs: [makeValueInfo('x', { elementType: FLOAT, shape: ['batch', 3] })], outputs: [makeValueInfo('y', { elementType: FLOAT, shape: null })],
});
const read = (bytes: Uint8Array) => () => readModel(bytes, 'net.onnx');
const changed = (parts: GraphParts) => read(writeModel(replaceParts(GOOD, parts)));

test('reads back what it wrote, with weights as views of the file', () => {
  const bytes = writeModel(GOOD);
  const model = readModel(bytes, 'good.onnx');
  expect(opsetOf(model)).toBe(17);
  expect(model.graph.initializer[0]?.rawData.buffer).toBe(bytes.buffer);
  expect([...tensorProducers(model).keys()]).toEqual(['a', 'y']);
});

test('refuses a file that is cut anywhere, is text, or is empty', () => {
  const bytes = writeModel(GOOD);
  for (let length = 0; length < bytes.length; length++) expect(read(bytes.subarray(0, length))).toThrow(/Cannot (read|use) `net.onnx`/);
  expect(read(new TextEncoder().encode('this is not a model\n'))).toThrow('Cannot read `net.onnx` as ONNX');
  expect(read(Uint8Array.from({ length: 200 }, (_, i) => (i * 77) % 256))).toThrow('Cannot read `net.onnx` as ONNX');
});

test.each<[string, GraphParts]>([
  ['node `z` reads `nothing`, which nothing makes', { node: [makeNode('Relu', ['nothing'], ['z'])] }],
  ['reads `y`, which only a later node `y` makes: the graph is cyclic, or one inside a node not sorted', { node: [makeNode('Add', ['x', 'y'], ['a']), makeNode('Relu', ['a'], ['y'])] }],
  ['tensor `y` of node `y` is defined more than once', { node: [makeNode('Relu', ['x'], ['y']), makeNode('Neg', ['x'], ['y'])] }],
  ['its graph has no nodes', { node: [] }],
  ['its graph has no output', { output: [] }],
  ['no node makes the output `elsewhere`', { output: [makeValueInfo('elsewhere', { elementType: FLOAT, shape: null })] }],
  ['the output `y` is listed twice', { output: [...GOOD.graph.output, ...GOOD.graph.output] }],
  ['tensor `w` holds 12 bytes, but its shape [4] takes 16', { initializer: [copyWith(makeTensor('w', FLOAT, [3], [1, 2, 3]), { dims: [4n] })] }],
  ['belongs to the operator set `com.example`, which is not imported', { node: [copyWith(makeNode('Relu', ['x'], ['y']), { domain: 'com.example' })] }],
])('refuses a graph where %s', (problem, parts) => {
  expect(changed(parts)).toThrow(problem);
});

test('refuses a model without versions, and weights in another file', () => {
  const graph = create(GraphProtoSchema, GOOD.graph);
  const opsetImport = [create(OperatorSetIdProtoSchema, { version: 17n })];
  const bytesOf = (fields: { irVersion?: bigint; opsetImport?: typeof opsetImport }): Uint8Array =>
    writeModel({ name: '', graph, proto: create(ModelProtoSchema, { graph, ...fields }) });
  expect(read(bytesOf({ opsetImport }))).toThrow('it states no IR version');
  expect(read(bytesOf({ irVersion: 8n }))).toThrow('it imports no operator set');
  const external = copyWith(makeTensor('w', FLOAT, [3], [1, 2, 3]), { dataLocation: TensorProto_DataLocation.EXTERNAL });
  expect(changed({ initializer: [external] })).toThrow('tensor `w` is stored in another file (external data)');
});

test('constants that are added are inputs too where the IR version wants that', () => {
  const added = { initializer: [makeTensor('v', FLOAT, [2, 1], [1, 2])] };
  const inputsOf = (irVersion: bigint): string[] => extendGraph({ ...GOOD, proto: copyWith(GOOD.proto, { irVersion }) }, added).graph.input.map(({ name }) => name);
  expect(inputsOf(3n)).toEqual(['x', 'w', 'v']);
  expect(inputsOf(4n)).toEqual(['x']);
  const old = extendGraph({ ...GOOD, proto: copyWith(GOOD.proto, { irVersion: 3n }) }, added);
  expect(graphInputs(old).map(({ name }) => name)).toEqual(['x']);
  expect(inferShapes(readModel(writeModel(old), 'old.onnx')).get('v')?.shape).toEqual([2, 1]);
});

test('puts nodes that are not sorted in order, and else leaves theirs', () => {
  const [add, relu] = GOOD.graph.node;
  if (!add || !relu) throw new Error('internal');
  const names = (nodes: NonNullable<GraphParts['node']>): string[] => changed({ node: nodes })().graph.node.map(({ output }) => output.join());
  expect(names([relu, add])).toEqual(['a', 'y']);
  const more = ['p', 'q', 'r'].map((name, i) => makeNode('Neg', [['q', 'a', 'p'][i]!], [name]));
  expect(names([...more, relu, add])).toEqual(['a', 'q', 'p', 'r', 'y']);
  expect(names([add, ...more.toReversed(), relu])).toEqual(['a', 'q', 'p', 'r', 'y']);
  // A chain from its end: no recursion goes as deep.
  const long = Array.from({ length: 50_000 }, (_, i) => makeNode('Neg', [i === 0 ? 'x' : `t${i - 1}`], [i === 49_999 ? 'y' : `t${i}`]));
  expect(names(long.toReversed())).toEqual(long.map(({ output }) => output.join()));
});

test('edits a copy: the model it came from and its weights stay', () => {
  const before = writeModel(GOOD);
  const part = extractSubgraph(GOOD, ['a']);
  expect(part.graph.node.map(({ opType }) => opType)).toEqual(['Add']);
  expect(part.graph.initializer[0]).toBe(GOOD.graph.initializer[0]);
  expect(inferShapes(part).get('a')?.shape).toEqual(['batch', 3]);
  expect(writeModel(GOOD)).toEqual(before);
  expect(() => extractSubgraph(GOOD, ['b'])).toThrow('Cannot find layer `b` in `good.onnx`');
});

test('gives names that are not taken', () => {
  const unique = uniqueNames(GOOD);
  expect([unique('a'), unique('a'), unique('new'), unique('new')]).toEqual(['a_1', 'a_2', 'new', 'new_1']);
});

test('reads numbers of every type from raw bytes and from typed fields', () => {
  const raw = (dataType: number, dims: bigint[], bytes: number[]): number[] =>
    Array.from(tensorValues(create(TensorProtoSchema, { dataType, dims, rawData: Uint8Array.from(bytes) })));
  expect(raw(ElementType.FLOAT16, [3n], [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00])).toEqual([1, -2, 2 ** -24]);
  expect(raw(ElementType.BFLOAT16, [2n], [0x80, 0x3f, 0x00, 0xc0])).toEqual([1, -2]);
  expect(raw(ElementType.FLOAT8E4M3FN, [3n], [0x38, 0xb8, 0x7e])).toEqual([1, -1, 448]);
  expect(raw(ElementType.FLOAT8E5M2, [2n], [0x3c, 0x7b])).toEqual([1, 57344]);
  expect(raw(ElementType.INT4, [3n], [0xf1, 0x08])).toEqual([1, -1, -8]);
  expect(raw(ElementType.UINT4, [3n], [0xf1, 0x08])).toEqual([1, 15, 8]);
  expect(raw(ElementType.INT8, [2n], [255, 127])).toEqual([-1, 127]);
  expect(raw(ElementType.INT64, [1n], [254, 255, 255, 255, 255, 255, 255, 255])).toEqual([-2]);
  expect([...tensorValues(create(TensorProtoSchema, { dataType: ElementType.FLOAT, dims: [2n], floatData: [0.5, 2] }))]).toEqual([0.5, 2]);
  expect([...tensorValues(create(TensorProtoSchema, { dataType: ElementType.INT64, dims: [2n], int64Data: [5n, -7n] }))]).toEqual([5, -7]);
  expect([...tensorValues(int64Tensor('i', [3, -1]))]).toEqual([3, -1]);
  expect(() => tensorValues(create(TensorProtoSchema, { dataType: ElementType.STRING, name: 's' }))).toThrow('holds no real numbers');
});

test('writes float16 that reads back as the nearest value', () => {
  const values = [0, 1, -2.5, 65504, 1e-7, 1 / 3, 100000];
  expect([...tensorValues(makeTensor('h', ElementType.FLOAT16, [7], values))]).toEqual([0, 1, -2.5, 65504, 2 * 2 ** -24, 0.333251953125, Infinity]);
});
