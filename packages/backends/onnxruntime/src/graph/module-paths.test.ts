import { expect, test } from '@jest/globals';
import { modulePaths, moduleOutputs } from './module-paths.ts';

const node = (name: string, scopes?: string): Parameters<typeof modulePaths>[0] => ({
  name,
  metadata: new Map(scopes === undefined ? [] : [['pkg.torch.onnx.name_scopes', scopes]]),
});

test.each([
  ['/conv1/Conv', ['conv1']],
  ['/layer4/layer4.0/conv1/Conv', ['layer4', 'layer4.0', 'layer4.0.conv1']],
  ['/features/features.1/conv/conv.0/conv.0.0/Conv', ['features', 'features.1', 'features.1.conv', 'features.1.conv.0', 'features.1.conv.0.0']],
  ['/Flatten', []],
  ['Convolution28', []],
])('the node name %s lies in the modules %j', (name, paths) => {
  expect(modulePaths(node(name))).toEqual(paths);
});

test('metadata of current exporters give the module path, whatever the node is called', () => {
  expect(modulePaths(node('node_conv2d_3', "['', 'layer4', 'layer4.0', 'layer4.0.conv1', 'conv2d_3']"))).toEqual(['layer4', 'layer4.0', 'layer4.0.conv1']);
});

test('the output of a module is what its last node gives', () => {
  const nodes = ['/block/conv/Conv', '/block/relu/Relu', '/block/Add', '/head/Gemm'].map((name) => node(name));
  expect([...moduleOutputs(nodes)]).toEqual([['block', 2], ['block.conv', 0], ['block.relu', 1], ['head', 3]]);
});
