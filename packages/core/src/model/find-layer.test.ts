import { expect, test } from '@jest/globals';
import type { Layout } from '../tensor/layout.ts';
import { findLayer, lastSpatialLayer } from './find-layer.ts';
import type { LayerInfo } from './model-adapter.ts';

const layer = (name: string, shape: readonly (number | null)[] | null, layout: Layout, ...aliases: string[]): LayerInfo =>
  ({ name, aliases, kind: 'other', operator: 'Op', shape, layout });

const model = {
  name: 'net.onnx',
  layers: [
    layer('/conv1/Conv_output_0', [null, 8, 16, 16], 'NCHW', '/conv1/Conv', 'conv1'),
    layer('/block/Relu_output_0', [null, 8, 16, 16], 'NCHW', '/block/Relu', 'block'),
    layer('/block/Relu_1_output_0', [null, null, 7, 7], 'NCHW', '/block/Relu_1', 'block'),
    layer('pooled', [null, 8, 1, 1], 'NCHW'),
    layer('flat', [null, 8], 'NC'),
    layer('block', [null, 3], 'NC'),
  ],
};

test('finds a layer by its output, its node or its module', () => {
  expect(findLayer(model, '/conv1/Conv_output_0')).toBe(model.layers[0]);
  expect(findLayer(model, '/conv1/Conv')).toBe(model.layers[0]);
  expect(findLayer(model, 'conv1')).toBe(model.layers[0]);
});

test('the name of an output goes before an alias', () => {
  expect(findLayer(model, 'block')).toBe(model.layers[5]);
});

test('`last` is the last layer with height and width, unless a layer is called so or none has any', () => {
  expect(findLayer(model, 'last')).toBe(model.layers[2]);
  const named = layer('last', [null, 8], 'NC');
  expect(findLayer({ name: 'net', layers: [...model.layers, named] }, 'last')).toBe(named);
  expect(() => findLayer({ name: 'mlp', layers: model.layers.slice(4) }, 'last')).toThrow(/layer `last`/);
});

test('an alias of several layers is an error that lists them; an unknown name one that offers the nearest', () => {
  const twice = { name: 'net.onnx', layers: model.layers.slice(0, 3) };
  expect(() => findLayer(twice, 'block')).toThrow(/`\/block\/Relu_output_0`, `\/block\/Relu_1_output_0`/);
  expect(() => findLayer(model, 'conv2')).toThrow(/conv1/);
});

test('class activation maps take the last layer before height and width are pooled away', () => {
  expect(lastSpatialLayer(model, 'grad-cam').name).toBe('/block/Relu_1_output_0');
});

test('a model without height and width has none', () => {
  expect(() => lastSpatialLayer({ name: 'mlp', layers: model.layers.slice(4) }, 'grad-cam')).toThrow(/convolutional model/);
});
