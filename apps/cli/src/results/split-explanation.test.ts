import { expect, test } from '@jest/globals';
import type { Explanation } from '@pellucid/core';
import { splitExplanation } from './split-explanation.ts';

const whole: Explanation = {
  values: { shape: [4, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) },
  provenance: {
    method: 'flat', options: {}, objective: 'logit', targets: [9, 8, 7, 6], seed: 0, model: { name: 'm', hash: 'h' },
    backend: { name: 'b', engine: 'e', device: 'd', versions: {} }, layout: 'NC', convergenceDelta: [0.1, 0.2, 0.3, 0.4],
    passes: { forward: 40, backward: 20 }, samples: 4, wallTimeMs: 8, uncovered: [], notes: ['n'],
  },
};

test('a part has the values, targets and deltas of its samples and their share of the passes', () => {
  const { values, provenance } = splitExplanation(whole, 1, 3);
  expect(values).toEqual({ shape: [2, 2], data: Float32Array.of(2, 3, 4, 5) });
  expect(provenance).toMatchObject({
    targets: [8, 7], convergenceDelta: [0.2, 0.3], passes: { forward: 20, backward: 10 }, samples: 2, wallTimeMs: 4, notes: ['n'],
  });
});

test('the parts together make the whole', () => {
  const parts = [splitExplanation(whole, 0, 1), splitExplanation(whole, 1, 4)];
  expect(parts.flatMap(({ values }) => [...values.data])).toEqual([...whole.values.data]);
  expect(parts.reduce((sum, { provenance }) => sum + provenance.passes.forward, 0)).toBe(40);
});
