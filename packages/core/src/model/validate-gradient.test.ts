import { expect, test } from '@jest/globals';
import { validateLayout, type Layout } from '../tensor/layout.ts';
import type { BackwardRules } from './backward-rules.ts';
import type { Objective } from './objective.ts';
import { validateGradient } from './validate-gradient.ts';
import { validateMemoryBudget } from './validate-memory-budget.ts';

const model = { name: 'm', layers: [], classes: 3 };
const of: Objective = { kind: 'logit', targets: [0] };
const pass: BackwardRules['rules'][keyof BackwardRules['rules']] = ({ gradients }) => gradients;

test.each<[string, unknown, RegExp]>([
  ['null', null, /no object/],
  ['a name alone', 'guided', /no object/],
  ['a set without a name', { rules: { relu: pass } }, /no name/],
  ['a set without rules', { name: 'mine' }, /`mine`: `rules` is no object/],
  ['a list of rules', { name: 'mine', rules: [pass] }, /`rules` is no object/],
  ['a kind that is a misspelling', { name: 'mine', rules: { rellu: pass } }, /`rellu`.*`relu`/],
  ['a rule that is a word', { name: 'mine', rules: { relu: 'guided' } }, /`relu` is no function/],
  ['a rule that is null', { name: 'mine', rules: { conv: null } }, /`conv` is no function/],
  ['pairs that are a word', { name: 'mine', rules: {}, paired: 'yes' }, /`paired`/],
  ['merging that is a number', { name: 'mine', rules: {}, mergeBatchNorm: 1 }, /`mergeBatchNorm`/],
])('%s is refused as a set of backward rules', (_, rules, message) => {
  expect(() => validateGradient({ of, rules: rules as BackwardRules }, 1, model)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
  );
});

test('rules with functions, and none at all, are accepted', () => {
  for (const rules of [undefined, { name: 'none', rules: {} }, { name: 'some', rules: { relu: pass, conv: pass }, paired: true, mergeBatchNorm: false }]) {
    expect(validateGradient({ of, rules }, 1, model)).toBeUndefined();
  }
});

test('an objective that nobody knows is refused', () => {
  expect(() => validateGradient({ of: { kind: 'entropy' } as unknown as Objective }, 1, model)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(/`entropy`.*log-probability/) }),
  );
});

test.each([0, -1, NaN, '1e6', null])('a memory budget of %p is refused', (budget) => {
  expect(() => { validateMemoryBudget(budget as number); }).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('layouts have to be known and as long as the input', () => {
  for (const layout of ['NCHW', 'NHWC', 'N*'] as const) expect(() => { validateLayout(layout, 4); }).not.toThrow();
  for (const layout of ['NC', 'HWC', 'nchw', 4]) {
    expect(() => { validateLayout(layout as Layout, 4); }).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(/NCHW, NHWC/) }));
  }
});
