import { expect } from '@jest/globals';
import { explain, INPUT, type Explanation, type Method, type ModelAdapter, type Tensor } from '@pellucid/core';
import { relativeDifference } from '@pellucid/testkit';
import { valueAt } from '../src/model/value-at.ts';

/**
 * Expects two forms of a network to answer alike about two samples: scores and gradients within 1e-6, maps within 1e-4.
 * @returns what the methods say of the first form
 */
export async function expectSameAnswers(first: ModelAdapter, second: ModelAdapter, input: Tensor, methods: readonly Method[]): Promise<readonly Explanation[]> {
  const targets = [0, 2];
  const query = { input, gradient: { of: { kind: 'logit', targets }, at: [INPUT] } } as const;
  const [here, there] = [await first.evaluate(query), await second.evaluate(query)];
  expect(relativeDifference(here.logits, there.logits)).toBeLessThan(1e-6);
  expect(relativeDifference(valueAt(here.gradients, INPUT), valueAt(there.gradients, INPUT))).toBeLessThan(1e-6);
  const found: Explanation[] = [];
  for (const method of methods) {
    const [map, expected] = [await explain(first, method, { input, targets }), await explain(second, method, { input, targets })];
    expect(relativeDifference(map.values, expected.values)).toBeLessThan(1e-4);
    found.push(map);
  }
  return found;
}
