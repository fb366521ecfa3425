import { expect, test } from '@jest/globals';
import type { LayerDefinition, NetworkDefinition } from './network.ts';
import { plainCnn } from './plain-cnn.ts';
import { residualCnn } from './residual-cnn.ts';
import { countParameters, padding, resolveNetwork } from './resolve-network.ts';

const shapeOf = (network: NetworkDefinition, name: string): readonly number[] | undefined =>
  resolveNetwork(network).find(({ definition }) => definition.name === name)?.shape;

const of = (...layers: LayerDefinition[]): NetworkDefinition => ({ name: 'sketch', input: [8, 6, 3], classes: 2, layers });

test('the plain network is the published one: two blocks of two convolutions, then a linear layer', () => {
  const network = plainCnn({ input: [28, 28, 1], classes: 10 });
  expect(shapeOf(network, 'block1/conv2')).toEqual([28, 28, 10]);
  expect(shapeOf(network, 'block2/pool')).toEqual([7, 7, 10]);
  // 3x3 kernels and biases of 1, 10, 10, 10 channels in and 10 out; 490 values to 10 classes.
  expect(countParameters(network)).toBe(100 + 3 * 910 + 4910);
});

test('the residual network halves the image twice and adds what its skips bring', () => {
  const network = residualCnn({ input: [32, 32, 3], classes: 4, width: 8 });
  expect(shapeOf(network, 'block1/add')).toEqual([16, 16, 8]);
  expect(shapeOf(network, 'block2/shortcut')).toEqual([8, 8, 16]);
  expect(shapeOf(network, 'pool')).toEqual([16]);
});

test('padding puts the odd zero at the end, and none where windows must fit', () => {
  expect(padding(32, 3, 2, 'same')).toEqual({ before: 0, after: 1, length: 16 });
  expect(padding(31, 3, 2, 'same')).toEqual({ before: 1, after: 1, length: 16 });
  expect(padding(32, 3, 2, 'valid')).toEqual({ before: 0, after: 0, length: 15 });
});

test.each<[string, string, LayerDefinition[]]>([
  ['a name twice', '`a` has a name that is taken', [{ kind: 'relu', name: 'a' }, { kind: 'relu', name: 'a' }]],
  ['an unknown source', 'takes `b`, which is no earlier layer', [{ kind: 'relu', name: 'a', from: 'b' }]],
  ['a sum of unequal shapes', 'adds [8, 6, 2] and [8, 6, 3], which differ', [
    { kind: 'conv', name: 'a', filters: 2, kernel: 3 },
    { kind: 'add', name: 'b', with: 'input' },
  ]],
  ['a linear layer on an image', 'needs a flat value, got [8, 6, 3]', [{ kind: 'dense', name: 'a', units: 2 }]],
  ['a convolution of a flat value', 'needs an image, got [144]', [{ kind: 'flatten', name: 'a' }, { kind: 'conv', name: 'b', filters: 2, kernel: 1 }]],
  ['a window larger than the image', 'has nothing left of [8, 6, 3]', [{ kind: 'max-pool', name: 'a', size: 7 }]],
  ['half a filter', 'has filters 0.5', [{ kind: 'conv', name: 'a', filters: 0.5, kernel: 3 }]],
  ['another number of classes', 'gives [3] instead of the logits [2]', [{ kind: 'global-average-pool', name: 'a' }]],
  ['no layers', 'instead of the logits [2]', []],
])('a network with %s is refused by name', async (_, message, layers) => {
  const resolve = async (): Promise<unknown> => resolveNetwork(of(...layers));
  await expect(resolve()).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) });
});

test.each<[string, string, object]>([
  ['a kind that does not exist', 'layer `a` has the unknown kind `convolution`', { layers: [{ kind: 'convolution', name: 'a' }] }],
  ['a layer without a name', 'layer 0 has no name', { layers: [{ kind: 'flatten' }] }],
  ['a setting left out', '`a` has no filters, which is a whole number from 1', { layers: [{ kind: 'conv', name: 'a', kernel: 3 }] }],
  ['a setting that does not exist', '`a` has the unknown setting `activation`', { layers: [{ kind: 'dense', name: 'a', units: 2, activation: 'relu' }] }],
  ['a padding that does not exist', '`a` has padding full, which is not `same` or `valid`', { layers: [{ kind: 'conv', name: 'a', filters: 2, kernel: 3, padding: 'full' }] }],
  ['a size that is a text', '`a` has size 2, which is not a whole number', { layers: [{ kind: 'max-pool', name: 'a', size: '2' }] }],
  ['no list of layers', 'its layers are no list', { layers: undefined }],
  ['a layer that is none', 'layer 0 is no object', { layers: ['relu'] }],
  ['an image without channels', 'its input is [8,6]', { input: [8, 6] }],
  ['no classes', 'it has 0 classes', { classes: 0 }],
])('a description with %s is refused, also where no compiler saw it', async (_, message, change) => {
  const network = { ...of({ kind: 'flatten', name: 'flatten' }, { kind: 'dense', name: 'logits', units: 2 }), ...change } as NetworkDefinition;
  const resolve = async (): Promise<unknown> => resolveNetwork(network);
  await expect(resolve()).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) });
});
