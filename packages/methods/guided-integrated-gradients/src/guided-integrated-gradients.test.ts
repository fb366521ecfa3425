import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, normalValues, quadraticFormula } from '@pellucid/testkit';
import { guidedIntegratedGradients } from './guided-integrated-gradients.ts';
import { advancePath, startPath } from './guided-path.ts';

const SHAPE = [1, 4, 5] as const;
const SIZE = 20;
const [linear, square] = [normalValues(1, 'linear', SIZE), normalValues(1, 'square', SIZE)];
const input = tensor([1, ...SHAPE], [...normalValues(1, 'input', SIZE)]);
const model = analyticModel(quadraticFormula(SHAPE, [linear, linear], [square, square]), { capabilities: ['gradient'] });

test('the distance to the input falls evenly, and no feature leaves the corridor', () => {
  const [from, to] = [new Float32Array(SIZE), input.data];
  const path = startPath(from, to);
  const settings = { steps: 10, fraction: 0.25, maxDistance: 0.1 };
  for (let step = 0; step < 10; step++) {
    const gradient = Float32Array.from(normalValues(step, 'gradient', SIZE));
    advancePath(path, gradient, step, settings);
    const rest = path.position.reduce((sum, value, i) => sum + Math.abs(to[i]! - value), 0);
    expect(rest).toBeCloseTo(path.length * (1 - (step + 1) / 10), 9);
    path.position.forEach((value, i) => {
      const progress = value / to[i]!;
      expect(progress).toBeGreaterThanOrEqual((step + 1) / 10 - 0.1 - 1e-9);
      expect(progress).toBeLessThanOrEqual((step + 1) / 10 + 0.1 + 1e-9);
    });
  }
  expect([...path.position]).toEqual([...to]);
});

test('the features with the smallest gradients go first', () => {
  const path = startPath(new Float32Array(4), Float32Array.of(1, 1, 1, 1));
  advancePath(path, Float32Array.of(4, 1, 3, 2), 0, { steps: 4, fraction: 0.25, maxDistance: 1 });
  expect([...path.position]).toEqual([0, 1, 0, 0]);
  advancePath(path, Float32Array.of(4, 1, 3, 2), 1, { steps: 4, fraction: 0.25, maxDistance: 1 });
  expect([...path.position]).toEqual([0, 1, 0, 1]);
  expect([...path.map]).toEqual([0, 1, 0, 2]);
});

test('features that do not differ from the baseline get nothing', () => {
  const path = startPath(Float32Array.of(1, 2, 3), Float32Array.of(1, 5, 3));
  advancePath(path, Float32Array.of(9, 1, 9), 0, { steps: 1, fraction: 0.25, maxDistance: 0.02 });
  expect([...path.map]).toEqual([0, 3, 0]);
  const still = startPath(Float32Array.of(1, 2), Float32Array.of(1, 2));
  advancePath(still, Float32Array.of(1, 1), 0, { steps: 2, fraction: 0.25, maxDistance: 0.02 });
  expect([...still.map]).toEqual([0, 0]);
});

test('the sum comes to the change of the score, closer with more steps', async () => {
  const deltaOf = async (steps: number): Promise<number> => {
    const { provenance } = await explain(model, guidedIntegratedGradients({ steps }), { input, targets: 0 });
    return Math.abs(provenance.convergenceDelta?.[0] ?? NaN);
  };
  // The rule is of first order; eight times the steps on a path that itself changes with them.
  const [few, many] = [await deltaOf(50), await deltaOf(400)];
  expect(few / many).toBeGreaterThan(4);
  expect(many).toBeLessThan(0.05);
});
