import { expect, test } from '@jest/globals';
import { tensor } from '../tensor/tensor.ts';
import { argmax, score, selectObjective, softmax, strongestRival, type Objective } from './objective.ts';

const logits = tensor([2, 3], [1, 3, 2, -1, -5, 0]);

test.each<[Objective, number[]]>([
  [{ kind: 'logit', targets: [0, 2] }, [1, 0]],
  [{ kind: 'margin', targets: [0, 2] }, [-2, 1]],
  [{ kind: 'margin', targets: [1, 2], against: [0, 1] }, [2, 5]],
  [{ kind: 'sum-of-logits' }, [6, -6]],
  [{ kind: 'cotangent', cotangent: tensor([2, 3], [1, 0, -1, 2, 1, 0]) }, [-1, -7]],
])('scores %o', (objective, expected) => {
  expect([...score(objective, logits)]).toEqual(expected);
});

test('probabilities sum to 1, also for logits that would overflow', () => {
  const each = [0, 1, 2].map((target) => score({ kind: 'probability', targets: [target, target] }, logits)[0]!);
  expect(each.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14);
  expect(each[1]! / each[0]!).toBeCloseTo(Math.exp(2), 12);
  expect([...softmax(Float32Array.of(1000, 1000, -1000))]).toEqual([0.5, 0.5, 0]);
});

test('log-probabilities stay finite where the probability underflows', () => {
  const far = tensor([1, 2], [0, 2000]);
  expect(score({ kind: 'log-probability', targets: [0] }, far)[0]).toBeCloseTo(-2000, 9);
  expect(score({ kind: 'log-probability', targets: [1] }, far)[0]).toBe(0);
});

test('the first of equal values wins', () => {
  expect(argmax([1, 3, 3])).toBe(1);
  expect(strongestRival(Float32Array.of(3, 1, 3, 3), 0)).toBe(2);
  expect(strongestRival(Float32Array.of(3, 1, 3), 1)).toBe(0);
});

test('picks and repeats samples', () => {
  expect(selectObjective({ kind: 'logit', targets: [4, 5, 6] }, [2, 2, 0])).toEqual({ kind: 'logit', targets: [6, 6, 4] });
  expect(selectObjective({ kind: 'margin', targets: [4, 5], against: [1, 2] }, [1])).toEqual({ kind: 'margin', targets: [5], against: [2] });
  expect(selectObjective({ kind: 'margin', targets: [4, 5] }, [1])).toEqual({ kind: 'margin', targets: [5] });
  const cotangent = tensor([2, 2], [1, 2, 3, 4]);
  expect(selectObjective({ kind: 'cotangent', cotangent }, [1, 0, 1])).toEqual({ kind: 'cotangent', cotangent: tensor([3, 2], [3, 4, 1, 2, 3, 4]) });
});
