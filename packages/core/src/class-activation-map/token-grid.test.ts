import { expect, test } from '@jest/globals';
import type { LayerInfo } from '../model/model-adapter.ts';
import { findTokenGrid, tokenGrid, tokensOption } from './token-grid.ts';

test.each([
  [197, 224, 224, { prefix: 1, height: 14, width: 14 }],
  [198, 224, 224, { prefix: 2, height: 14, width: 14 }],
  [201, 224, 224, { prefix: 5, height: 14, width: 14 }],
  [196, 224, 224, { prefix: 0, height: 14, width: 14 }],
  [50, 224, 224, { prefix: 1, height: 7, width: 7 }],
  [65, 32, 32, { prefix: 1, height: 8, width: 8 }],
  [129, 32, 64, { prefix: 1, height: 8, width: 16 }],
  [97, 48, 32, { prefix: 1, height: 12, width: 8 }],
])('%i tokens on an image of %i x %i', (tokens, height, width, grid) => {
  expect(findTokenGrid(tokens, height, width)).toEqual(grid);
});

test('no grid is made up where none fits', () => {
  expect(findTokenGrid(1, 32, 32)).toBeUndefined();
  expect(findTokenGrid(60, 32, 32)).toBeUndefined();
});

const layer: LayerInfo = { name: 'block', aliases: [], kind: 'add', operator: 'Add', shape: [null, 60, 8], layout: 'NTC' };
const model = { name: 'vit', input: { name: 'x', shape: [null, 3, 32, 32], layout: 'NCHW' as const } };

test('a given grid must have as many tokens as the layer', () => {
  expect(tokenGrid(layer, model, { prefix: 4, height: 7, width: 8 }, 'grad-cam')).toEqual({ prefix: 4, height: 7, width: 8 });
  expect(() => tokenGrid(layer, model, { prefix: 1, height: 8, width: 8 }, 'grad-cam')).toThrow(/60 tokens are not the 1 \+ 8 x 8/);
  expect(() => tokenGrid(layer, model, undefined, 'grad-cam')).toThrow(/60 tokens make no grid.*tokens/);
});

test('the option takes whole numbers under its three names alone', () => {
  const { accepts } = tokensOption();
  expect(accepts({ prefix: 0, height: 1, width: 1 })).toBe(true);
  for (const wrong of [{ prefix: 1, height: 2 }, { prefix: -1, height: 2, width: 2 }, { prefix: 0, height: 2.5, width: 2 }, { prefix: 0, height: 2, width: 2, depth: 1 }, 'grid']) {
    expect(accepts(wrong)).toBe(false);
  }
});
