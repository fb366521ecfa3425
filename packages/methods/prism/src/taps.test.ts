import { expect, test } from '@jest/globals';
import type { LayerInfo, ModelAdapter, OpKind } from '@pellucid/core';
import { chooseTaps } from './taps.ts';

type Row = readonly [name: string, kind: OpKind, height: number | null, width?: number];

const layer = ([name, kind, height, width = height ?? 0]: Row): LayerInfo =>
  ({ name, kind, operator: kind, aliases: [], layout: 'NCHW', shape: [null, 8, height, width] });
const network = (size: number | null, rows: readonly Row[]): Pick<ModelAdapter<never>, 'name' | 'input' | 'layers'> =>
  ({ name: 'network', input: { name: 'image', shape: [null, 3, size, size], layout: 'NCHW' }, layers: rows.map(layer) });
const names = (model: ReturnType<typeof network>, layers?: readonly string[]): string[] => chooseTaps(model, layers).map(({ name }) => name);

test('in VGG they are what the first pooling reads and what each pooling gives', () => {
  const vgg = network(64, [
    ['conv1', 'conv', 64], ['relu1', 'relu', 64], ['pool1', 'max-pool', 32], ['conv2', 'conv', 32], ['relu2', 'relu', 32], ['pool2', 'max-pool', 16],
    ['conv3', 'conv', 16], ['pool3', 'max-pool', 8],
  ]);
  expect(names(vgg)).toEqual(['relu1', 'pool1', 'pool2', 'pool3']);
});

test('in ResNet they begin with the image, and end with the last feature map, not with the shortcut that happens to run last', () => {
  const resnet = network(64, [
    ['conv1', 'conv', 32], ['maxpool', 'max-pool', 16], ['layer1', 'relu', 16], ['layer2.conv1', 'conv', 8], ['layer2.downsample', 'conv', 8], ['layer2', 'relu', 8],
    ['layer3.conv1', 'conv', 4], ['layer3.downsample', 'conv', 4], ['layer3', 'relu', 4], ['pool', 'global-average-pool', 1],
  ]);
  expect(names(resnet)).toEqual(['image', 'conv1', 'maxpool', 'layer2.conv1', 'layer3']);
});

test('which of two branches runs first does not matter', () => {
  const before: Row[] = [['stem', 'conv', 32]];
  const branches: Row[][] = [[['a.conv', 'conv', 32], ['a.pool', 'max-pool', 16]], [['b.conv', 'conv', 32], ['b.pool', 'max-pool', 16]]];
  const after: Row[] = [['concat', 'concat', 16]];
  expect(names(network(32, [...before, ...branches.flat(), ...after]))).toEqual(['a.conv', 'concat']);
  expect(names(network(32, [...before, ...branches.toReversed().flat(), ...after]))).toEqual(['b.conv', 'concat']);
});

test('a lost border, a squeeze-and-excite block and a decoder are no reductions', () => {
  expect(names(network(32, [['conv1', 'conv', 28], ['pool1', 'max-pool', 14], ['conv2', 'conv', 10], ['se', 'global-average-pool', 1], ['scaled', 'multiply', 10]])))
    .toEqual(['conv1', 'pool1', 'scaled']);
  expect(names(network(32, [['conv', 'conv', 32], ['down1', 'conv', 16], ['down2', 'conv', 8], ['up', 'resize', 16]]))).toEqual(['conv', 'up']);
  expect(names(network(32, [['conv', 'conv', 32], ['relu', 'relu', 32]]))).toEqual(['relu']);
});

test('a stride along one axis counts', () => {
  expect(names(network(32, [['conv', 'conv', 32], ['narrow', 'conv', 32, 16], ['pool', 'max-pool', 8, 8]]))).toEqual(['conv', 'narrow', 'pool']);
});

test('named layers are taken as they are, the image by the name of the input', () => {
  const model = network(32, [['conv', 'conv', 32], ['pool', 'max-pool', 16]]);
  expect(chooseTaps(model, ['image', 'pool'])).toEqual([
    { name: 'image', layout: 'NCHW', isInput: true }, { name: 'pool', layout: 'NCHW', isInput: false },
  ]);
  expect(() => chooseTaps(model, ['poll'])).toThrow(/pool/);
});

test('where sizes are free, layers have to be named; layers without height and width are refused', () => {
  const free = network(null, [['conv', 'conv', null]]);
  expect(() => chooseTaps(free, undefined)).toThrow(expect.objectContaining({ code: 'LAYER_UNSUITABLE' }) as unknown as Error);
  expect(chooseTaps(free, ['conv'])).toHaveLength(1);
  const flat = { ...free, layers: [{ ...layer(['dense', 'dense', 1]), layout: 'NC' as const, shape: [null, 4] }] };
  expect(() => chooseTaps(flat, ['dense'])).toThrow(expect.objectContaining({ code: 'LAYER_UNSUITABLE' }) as unknown as Error);
});
