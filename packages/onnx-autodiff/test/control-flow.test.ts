import { expect, test } from '@jest/globals';
import { ElementType, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto } from '@pellucid/onnx-graph';
import { differentiate } from '../src/index.ts';

const differentiating = (...nodes: NodeProto[]) => () => differentiate(makeModel({
  name: 'flow', opset: 17, producer: 'test', nodes, initializers: [makeTensor('one', ElementType.INT64, [], [1])],
  inputs: [makeValueInfo('x', { elementType: ElementType.FLOAT, shape: ['batch', 3] })], outputs: [makeValueInfo('y', { elementType: ElementType.FLOAT, shape: ['batch', 3] })],
}), { of: 'y', at: ['x'] });

test.each(['Loop', 'Scan', 'If'])('a gradient that has to pass %s is an error that names the node and what would help', (operator) => {
  const message = new RegExp(`Cannot differentiate \`${operator}\` \\(node \`y\`.*without control flow`);
  expect(differentiating(makeNode('Relu', ['x'], ['r']), makeNode(operator, ['one', '', 'r'], ['y'], [intAttribute('num_scan_inputs', 1)]))).toThrow(message);
});

test('a gradient that has to pass a sequence is an error that says so', () => {
  const nodes = [makeNode('SequenceConstruct', ['x', 'x'], ['s']), makeNode('SequenceAt', ['s', 'one'], ['t']), makeNode('Relu', ['t'], ['y'])];
  expect(differentiating(...nodes)).toThrow(/Cannot differentiate `SequenceAt`.*list of tensors/);
});
