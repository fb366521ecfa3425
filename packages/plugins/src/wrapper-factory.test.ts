import { expect, test } from '@jest/globals';
import { defineGlobalMethod, defineMethod, defineWrapper, flagOption, integerOption, zeros } from '@pellucid/core';
import { isMethodFactory, type AnyMethodFactory } from './method-factory.ts';
import { isWrapperFactory, wrapperAsMethod } from './wrapper-factory.ts';

const paper = { authors: 'A. Author', year: 2000, title: 'On wrapping', url: 'https://example.org' };

const plain: unknown = defineMethod({
  name: 'plain', title: 'Plain', paper, kind: 'local', needs: ['gradient'],
  options: { loud: flagOption(false, 'Whether it is loud.') },
  explain: (_model, { input }) => Promise.resolve({ values: zeros(input.shape) }),
});
const overall: unknown = defineGlobalMethod({
  name: 'overall', title: 'Overall', paper, kind: 'global', needs: [], options: {},
  begin: () => ({ add: () => Promise.resolve(), map: () => zeros([1]) }),
});
const twice: unknown = defineWrapper({
  name: 'twice', title: 'Twice', paper, kind: 'local',
  options: { samples: integerOption(2, 1, 'How often.') },
  explain: (model, wrapped, batch, _options, context) => wrapped.explain(model, batch, context),
});

const METHODS: readonly AnyMethodFactory[] = [plain, overall].filter(isMethodFactory);

function wrapping(): AnyMethodFactory {
  if (!isWrapperFactory(twice)) throw new Error('a wrapper is recognised');
  return wrapperAsMethod(twice, METHODS);
}

test('wrappers and methods are told apart', () => {
  expect([plain, overall, twice, null, 'twice'].map(isWrapperFactory)).toEqual([false, false, true, false, false]);
  expect(isMethodFactory(twice)).toBe(false);
});

test('a wrapper becomes a method with one more option, and needs what it wraps needs', () => {
  const method = wrapping()({ samples: 3, method: 'plain' });
  expect(method.description).toMatchObject({ name: 'twice', needs: ['gradient'] });
  expect(method.options).toEqual({ samples: 3, method: { name: 'plain', options: { loud: false } } });
  expect(wrapping().options).toHaveProperty('method.type');
});

test('what a wrapper records makes the same method again', () => {
  const { options } = wrapping()({ samples: 3, method: { name: 'plain', options: { loud: true } } });
  expect(wrapping()(options).options).toEqual(options);
});

test('the wrapped method takes options of its own', () => {
  expect(wrapping()({ method: { name: 'plain', options: { loud: true } } }).options).toMatchObject({ method: { options: { loud: true } } });
  expect(() => wrapping()({ method: { name: 'plain', options: { lowd: true } } })).toThrow(/loud/);
});

test.each([
  ['nothing', {}, 'OPTION_INVALID'],
  ['a number', { method: 3 }, 'OPTION_INVALID'],
  ['an unknown field', { method: { name: 'plain', steps: 3 } }, 'OPTION_INVALID'],
  ['options that are no object', { method: { name: 'plain', options: [1] } }, 'OPTION_INVALID'],
  ['a method that is not there', { method: 'plane' }, 'METHOD_UNKNOWN'],
  ['a method without a map per sample', { method: 'overall' }, 'REQUEST_INVALID'],
  ['an option that the wrapper does not have', { method: 'plain', sample: 3 }, 'OPTION_UNKNOWN'],
])('%s as the wrapped method is refused', (_title, options, code) => {
  expect(() => wrapping()(options)).toThrow(expect.objectContaining({ code }));
});
