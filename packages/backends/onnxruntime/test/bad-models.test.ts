import { expect, test } from '@jest/globals';
import { copyWith, ElementType, int64Tensor, makeModel, makeNode, makeTensor, makeValueInfo, writeModel, type OnnxModel } from '@pellucid/onnx-graph';
import { loadModel, portableGradient } from '../src/index.ts';

const { FLOAT, INT64 } = ElementType;
const info = (name: string, elementType: number = FLOAT) => makeValueInfo(name, { elementType, shape: ['batch', 4] });

/** `y` depends on `x`; `side` leads nowhere; `rows` depends on the shape of `x` alone. */
const model = (outputs: readonly string[] = ['y'], opset = 17): OnnxModel => makeModel({
  name: 'net.onnx', opset, producer: 'test',
  nodes: [
    makeNode('MatMul', ['x', 'w'], ['a']), makeNode('Relu', ['a'], ['y']), makeNode('Tanh', ['a'], ['side']), makeNode('Shape', ['x'], ['lengths']),
    makeNode('ConstantOfShape', ['lengths'], ['rows']), makeNode('Gather', ['table', 'ids'], ['g']),
  ],
  initializers: [makeTensor('w', FLOAT, [4, 4], new Float32Array(16).fill(1)), makeTensor('table', FLOAT, [3], [1, 2, 3]), int64Tensor('unused', [1])],
  inputs: [info('x'), info('ids', INT64)], outputs: outputs.map((name) => info(name)),
});

const failing = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

test('an integer input has no gradient, and is named', () => {
  expect(() => portableGradient(model(['g']), { wrt: ['ids'] })).toThrow(failing('REQUEST_INVALID', /`ids` holds INT64 values/));
});

test('a layer that the output does not depend on is an error that names both, not a gradient of zero', () => {
  expect(() => portableGradient(model(), { wrt: ['side'] })).toThrow(failing('GRADIENT_UNREACHABLE', /`y` with respect to `side`/));
  expect(portableGradient(model(), { wrt: ['side'], unreachable: 'zero' }).model.graph.output.map(({ name }) => name)).toContain('side/gradient');
});

test('an output that does not depend on the input is named', async () => {
  expect(() => portableGradient(model(['rows']), { wrt: ['x'] })).toThrow(failing('GRADIENT_UNREACHABLE', /`rows` with respect to `x`/));
  const ids = { shape: [1, 4], data: new Float32Array(4) };
  await expect(loadModel(writeModel(model(['rows'])), { name: 'net.onnx', input: 'x', bind: { ids } })).rejects.toEqual(failing('MODEL_UNSUPPORTED', /none of its outputs \(`rows`\)/));
});

test.each([99, 2000])('operator set %i is one that neither the runtime nor a rule knows', async (opset) => {
  const alone = makeModel({ name: 'new.onnx', opset, producer: 'test', nodes: [makeNode('Relu', ['x'], ['y'])], initializers: [], inputs: [info('x')], outputs: [info('y')] });
  await expect(loadModel(writeModel(alone), { name: 'new.onnx' })).rejects.toEqual(failing('MODEL_UNSUPPORTED', new RegExp(`new\\.onnx.*opset ${opset}, and ONNX Runtime takes them up to \\d+\\.`)));
  expect(() => portableGradient(alone, { wrt: 'inputs' })).toThrow(failing('MODEL_UNSUPPORTED', new RegExp(`opset ${opset}\\. Opsets 7 to \\d+ are supported`)));
});

test('a node with too many inputs is named', () => {
  const bad = model();
  bad.graph.node[1] = copyWith(bad.graph.node[1]!, { input: ['a', 'a'] });
  expect(() => portableGradient(bad, { wrt: ['x'] })).toThrow(failing('GRADIENT_UNDEFINED', /`Relu` \(node `y`, .*it has 2 inputs, where its rule expects 1.*onnx\.checker/));
});

test('numbers that would fill the memory are refused with the node', () => {
  const bad = model();
  bad.graph.input[0] = makeValueInfo('x', { elementType: FLOAT, shape: ['batch', 2 ** 40] });
  expect(() => portableGradient(bad, { wrt: ['x'] })).toThrow(failing('GRADIENT_UNDEFINED', /node `a`.*an axis of its inputs has the length 1099511627776/));
});
