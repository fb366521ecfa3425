import { expect, test } from '@jest/globals';
import type { LayerInfo, ModelAdapter } from '../model/model-adapter.ts';
import type { OpKind } from '../model/op-kind.ts';
import type { Layout } from '../tensor/layout.ts';
import { mapGeometry, mapLayers } from './map-layers.ts';

const layer = (name: string, kind: OpKind, shape: readonly (number | null)[], layout: Layout): LayerInfo =>
  ({ name, aliases: [`${name}-node`], kind, operator: 'Op', shape, layout });

/** A model with 8 x 8 patches of an image of 32 x 32. */
const modelOf = (...layers: LayerInfo[]): ModelAdapter<never> =>
  ({ name: 'net', input: { name: 'x', shape: [null, 3, 32, 32], layout: 'NCHW' }, layers } as unknown as ModelAdapter<never>);
const chosen = (model: ModelAdapter<never>): string | undefined => mapLayers(model, undefined, undefined, 'grad-cam')[0]?.info.name;

const patches = layer('patches', 'conv', [null, 16, 8, 8], 'NCHW');
const block = (name: string, tokens: number): LayerInfo[] => [
  layer(`${name}.norm1`, 'layer-norm', [null, tokens, 16], 'NTC'),
  layer(`${name}.qkv`, 'add', [null, tokens, 48], 'NTC'),
  layer(`${name}.attention`, 'softmax', [null, 2, tokens, tokens], 'N*'),
  layer(`${name}.sum`, 'add', [null, tokens, 16], 'NTC'),
];

test('takes the last layer with height and width of a convolutional model', () => {
  const model = modelOf(patches, layer('features', 'relu', [null, 32, 4, 4], 'NCHW'), layer('pooled', 'global-average-pool', [null, 32, 1, 1], 'NCHW'));
  expect(chosen(model)).toBe('features');
  expect(mapLayers(model, 'last', undefined, 'grad-cam')[0]?.info.name).toBe('features');
});

test('with a class token, takes the layer before the last attention: the stream, not what is made of it', () => {
  expect(chosen(modelOf(patches, ...block('first', 65), ...block('second', 65)))).toBe('second.norm1');
});

test('without a class token, takes the last layer of tokens', () => {
  expect(chosen(modelOf(patches, ...block('first', 64), ...block('second', 64)))).toBe('second.sum');
});

test('does not take tokens before images, nor such that lie on no grid', () => {
  expect(chosen(modelOf(...block('first', 65), patches))).toBe('patches');
  expect(chosen(modelOf(patches, ...block('words', 60)))).toBe('patches');
});

test('takes named layers, also by another name; says what is wrong with others', () => {
  const model = modelOf(patches, ...block('first', 65), layer('flat', 'reshape', [null, 1040], 'NC'));
  const [first, second] = mapLayers(model, ['patches-node', 'first.sum'], undefined, 'grad-cam');
  expect(first).toEqual({ info: patches, tokens: undefined });
  expect(second?.tokens).toEqual({ prefix: 1, height: 8, width: 8 });
  expect(() => mapLayers(model, 'flat', undefined, 'grad-cam')).toThrow(/its layout is NC.*with height and width/);
  expect(() => mapLayers(model, 'first.attention', undefined, 'grad-cam')).toThrow(/its layout is N\*/);
  const table = modelOf(layer('hidden', 'relu', [null, 9], 'NC'));
  expect(() => mapLayers(table, 'hidden', undefined, 'grad-cam')).toThrow(/layer `hidden`.*its layout is NC.*No layer of this model/);
  expect(() => mapLayers(table, undefined, undefined, 'grad-cam')).toThrow(/none was named/);
});

test('refuses a grid of tokens where no layer has any', () => {
  expect(() => mapLayers(modelOf(patches), 'patches', { prefix: 1, height: 8, width: 8 }, 'grad-cam')).toThrow(/`tokens` says nothing/);
});

test('refuses a layer of several rows per sample, such as windows', () => {
  const map = { info: layer('windows', 'add', [null, 16, 8], 'NTC'), tokens: { prefix: 0, height: 4, width: 4 } };
  expect(() => mapGeometry(map, { shape: [8, 16, 8], data: new Float32Array(1024) }, 2, 'net', 'grad-cam')).toThrow(/8 rows for 2 samples/);
});

test('knows where the values of channels last and of tokens lie', () => {
  const image = { info: layer('image', 'conv', [null, 2, 3, 5], 'NHWC'), tokens: undefined };
  expect(mapGeometry(image, { shape: [1, 2, 3, 5], data: new Float32Array(30) }, 1, 'net', 'grad-cam')).toEqual(
    { channels: 5, height: 2, width: 3, channelStride: 1, pixelStride: 5, offset: 0 },
  );
  const tokens = { info: layer('tokens', 'add', [null, 7, 5], 'NTC'), tokens: { prefix: 1, height: 2, width: 3 } };
  expect(mapGeometry(tokens, { shape: [1, 7, 5], data: new Float32Array(35) }, 1, 'net', 'grad-cam')).toEqual(
    { channels: 5, height: 2, width: 3, channelStride: 1, pixelStride: 5, offset: 5 },
  );
});
