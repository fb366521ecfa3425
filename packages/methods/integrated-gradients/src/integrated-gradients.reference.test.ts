import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, mapValues, sampleData, tensor, zipWith, type ModelAdapter, type Tensor, type Quadrature } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { integratedGradients, type IntegratedGradientsOptions } from './integrated-gradients.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** `ig_baseline_riemann_left_20` in words. */
function optionsOf(key: string): Pick<IntegratedGradientsOptions, 'steps' | 'quadrature' | 'multiplyByInputs'> & { readonly fromBaseline: boolean } {
  const [, start, rule, steps, local] = /^ig_(zero|baseline)_([a-z_]+?)_(\d+)(_local)?$/.exec(key) ?? [];
  return { steps: Number(steps), quadrature: rule?.replace('_', '-') as Quadrature, multiplyByInputs: local === undefined, fromBaseline: start === 'baseline' };
}

/** The share of the values that must agree as closely as single precision can; the others may lie behind a kink. */
const AWAY_FROM_KINKS = 0.95;

/** The difference, relative to the largest value, that this share of the values does not exceed. */
function differenceOf(actual: Tensor, expected: Tensor, share: number): number {
  const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const differences = zipWith(actual, expected, (a, b) => Math.abs(a - b) / largest).data.sort();
  return differences[Math.ceil(share * differences.length) - 1]!;
}

const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);

const keysOf = (methods: readonly string[]): string[] => methods.filter((key) => key.startsWith('ig_'));

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, baseline, targets, methods, value } = network;
    let model: ModelAdapter<'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each(keysOf(methods))('agrees with Captum: %s', async (key) => {
      const { fromBaseline, ...options } = optionsOf(key);
      const { values, provenance } = await explain(model, integratedGradients({ ...options, ...(fromBaseline && { baseline }) }), { input, targets });
      const expected = value(key);
      // Captum divides the trapezoid by the number of points instead of cells.
      const trapezoid = options.quadrature === 'riemann-trapezoid';
      const right = trapezoid ? mapValues(expected.values, (map) => (map * options.steps) / (options.steps - 1)) : expected.values;
      expect(differenceOf(values, right, AWAY_FROM_KINKS)).toBeLessThanOrEqual(referenceTolerance(expected));
      // Where a point of a path lies within rounding of a kink (a ReLU at 0, a tie of max pooling), the order of a sum decides on which side
      // the gradient is taken: a nudge of the input by 1e-7 changes the map as much. Which output it strikes is luck, so that the bound is
      // what float32 and float64 differ by in any of the network's outputs of this method.
      const kinks = Math.max(...keysOf(methods).map((other) => referenceTolerance(value(other))));
      expect(relativeDifference(values, right)).toBeLessThanOrEqual(kinks);
      // Captum's delta of the trapezoid follows its wrong weights; that of the local variant compares a sum of slopes with a difference.
      if (trapezoid || !options.multiplyByInputs) return;
      const delta = value(key, '_delta');
      // What a kink adds to the map it adds to the delta: taken away, the deltas must agree.
      const own = targets.map((_, sample) => (provenance.convergenceDelta?.[sample] ?? NaN) - total(sampleData(values, sample)) + total(sampleData(right, sample)));
      expect(relativeDifference(tensor([targets.length], own), delta.values)).toBeLessThanOrEqual(referenceTolerance(delta));
    });

    test('the right trapezoid is complete where the one with the wrong weights is not', async () => {
      const { provenance } = await explain(model, integratedGradients({ quadrature: 'riemann-trapezoid', steps: 20 }), { input, targets });
      const wrong = value('ig_zero_riemann_trapezoid_20', '_delta').values.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(Math.max(...(provenance.convergenceDelta ?? [Infinity]).map(Math.abs))).toBeLessThan(wrong);
    });
  });
}
