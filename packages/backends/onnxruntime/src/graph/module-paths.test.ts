import { expect, test } from '@jest/globals';
import { modulePaths, moduleOutputs, type NamedNode } from './module-paths.ts';

const node = (name: string, scopes?: string, work = ''): NamedNode => ({
  name,
  work,
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

const called = (name: string, work: string): NamedNode => node(name, undefined, work);

test('a module that is called again names its last output, and so do the modules in it', () => {
  const relus = ['/block/conv/Conv', '/block/relu/Relu', '/block/Add', '/block/relu_1/Relu'].map((name) => called(name, name.slice(name.lastIndexOf('/') + 1)));
  expect(Object.fromEntries(moduleOutputs(relus))).toEqual({ block: 3, 'block.conv': 0, 'block.relu': 3, 'block.relu_1': 3 });
  const twice = ['/stage/stage.0/conv/Conv', '/stage/stage.0/act/Relu', '/stage_1/stage.0/conv/Conv', '/stage_1/stage.0/act/Relu'].map((name) => called(name, name.endsWith('Conv') ? 'Conv w' : 'Relu'));
  expect(moduleOutputs(twice).get('stage')).toBe(3);
  expect(moduleOutputs(twice).get('stage.0.conv')).toBe(2);
});

test('a numbered module with work or parameters of its own is a module of its own', () => {
  expect(moduleOutputs([called('/fc/Gemm', 'Gemm a'), called('/fc_1/Gemm', 'Gemm b')]).get('fc')).toBe(0);
  expect(moduleOutputs([called('/act/Relu', 'Relu'), called('/act_1/Tanh', 'Tanh')]).get('act')).toBe(0);
});
