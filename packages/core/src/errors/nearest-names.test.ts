import { expect, test } from '@jest/globals';
import { suggestNames } from './nearest-names.ts';

const METHODS = ['saliency', 'integrated-gradients', 'grad-cam', 'eigen-cam', 'occlusion'];

test('offers the names that are closest to a misspelt one', () => {
  expect(suggestNames('gradcam', METHODS, 1)).toBe('Did you mean `grad-cam`?');
  expect(suggestNames('Saliancy', METHODS, 1)).toBe('Did you mean `saliency`?');
});

test('offers a name that contains what was typed', () => {
  expect(suggestNames('integrated', METHODS, 1)).toBe('Did you mean `integrated-gradients`?');
});

test('lists all names when there are few, and says so when there are none', () => {
  expect(suggestNames('x', ['a', 'b'])).toBe('There is: `a`, `b`.');
  expect(suggestNames('x', [])).toBe('There are none.');
});
