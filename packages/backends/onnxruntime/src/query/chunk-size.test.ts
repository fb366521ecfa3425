import { ElementType, makeModel, makeNode, makeTensor, makeValueInfo, type OnnxModel } from '@pellucid/onnx-graph';
import { expect, test } from '@jest/globals';
import { chunkSize, DEFAULT_BUDGET } from './chunk-size.ts';
import { keptSessions } from './kept-sessions.ts';

test('a chunk fits the budget, and on a CPU the default, but holds at least one sample', () => {
  const network = { fixedBatch: null, bytesPerSample: 2 ** 20 };
  expect(chunkSize(network, 'cpu')).toBe(DEFAULT_BUDGET / 2 ** 20);
  expect(chunkSize(network, 'cpu', 3.5 * 2 ** 20)).toBe(3);
  expect(chunkSize(network, 'cpu', 2 ** 40)).toBe(DEFAULT_BUDGET / 2 ** 20);
  expect(chunkSize(network, 'gpu', 2 ** 40)).toBe(2 ** 20);
  expect(chunkSize(network, 'cpu', 1)).toBe(1);
  expect(chunkSize({ ...network, fixedBatch: 4 }, 'cpu', 1)).toBe(4);
});

test('the larger a model, the fewer of its sessions are kept', () => {
  const model = (weights: number): OnnxModel => makeModel({
    name: 'm', opset: 17, producer: 'test', nodes: [makeNode('Relu', ['x'], ['y'])],
    initializers: [makeTensor('w', ElementType.FLOAT, [weights], new Float32Array(weights))],
    inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: [1] })], outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: [1] })],
  });
  expect(keptSessions({ model: model(1), bytesPerSample: 1 })).toBe(7);
  expect(keptSessions({ model: model(1), bytesPerSample: 2 ** 29 })).toBe(3);
  expect(keptSessions({ model: model(2 ** 24), bytesPerSample: 1 })).toBe(6);
});
