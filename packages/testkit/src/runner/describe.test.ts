import { describe, expect, test } from '@jest/globals';
import { defineMethod, gradientAt, INPUT, type MethodFactory } from '@pellucid/core';
import { describeMethod } from './describe.ts';
import type { TestRunner } from './test-runner.ts';

const gradient: MethodFactory<'gradient', object> = defineMethod({
  name: 'gradient',
  title: 'Gradient',
  paper: { authors: 'A. Author', year: 2000, title: 'On gradients', url: 'https://example.org' },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    return { values: gradientAt(await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } }), INPUT) };
  },
});

// These are real tests of this file: the contract, registered with jest.
describeMethod(gradient, { 'on linear models': { linear: (weight) => weight } }, { describe, test });

/** A framework that remembers what it was given. */
function recorder(): { readonly runner: TestRunner; readonly registered: Map<string, string[]>; readonly runs: (() => Promise<void>)[] } {
  const registered = new Map<string, string[]>();
  const runs: (() => Promise<void>)[] = [];
  let current: string[] = [];
  return {
    registered,
    runs,
    runner: {
      describe: (name, register) => {
        registered.set(name, (current = []));
        register();
      },
      test: (name, run) => {
        current.push(name);
        runs.push(run);
      },
    },
  };
}

test('every case is a group of tests, named after the method and the case', () => {
  const { runner, registered } = recorder();
  describeMethod(gradient, { plain: {}, 'on linear models': { linear: (weight) => weight } }, runner);
  expect([...registered.keys()]).toEqual(['gradient, plain', 'gradient, on linear models']);
  expect(registered.get('gradient, on linear models')).toContain('gives the known answer for a linear model');
  expect(registered.get('gradient, plain')).not.toContain('gives the known answer for a linear model');
});

test('a violation fails the test that was registered', async () => {
  const { runner, runs } = recorder();
  describeMethod(gradient, { wrong: { linear: (weight) => 2 * weight } }, runner);
  const outcomes = await Promise.allSettled(runs.map((run) => run()));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
});
