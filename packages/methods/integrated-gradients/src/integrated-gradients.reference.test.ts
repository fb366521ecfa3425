import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { explain, mapValues, tensor, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { integratedGradients, type IntegratedGradientsOptions } from './integrated-gradients.ts';
import type { Quadrature } from './quadrature.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** `ig_baseline_riemann_left_20` in words. */
function optionsOf(key: string): Pick<IntegratedGradientsOptions, 'steps' | 'quadrature' | 'multiplyByInputs'> & { readonly fromBaseline: boolean } {
  const [, start, rule, steps, local] = /^ig_(zero|baseline)_([a-z_]+?)_(\d+)(_local)?$/.exec(key) ?? [];
  return { steps: Number(steps), quadrature: rule?.replace('_', '-') as Quadrature, multiplyByInputs: local === undefined, fromBaseline: start === 'baseline' };
}

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
      expect(relativeDifference(values, right)).toBeLessThanOrEqual(referenceTolerance(expected));
      // Captum's delta of the trapezoid follows its wrong weights; that of the local variant compares a sum of slopes with a difference.
      if (trapezoid || !options.multiplyByInputs) return;
      const delta = value(key, '_delta');
      expect(relativeDifference(tensor([targets.length], provenance.convergenceDelta ?? []), delta.values)).toBeLessThanOrEqual(referenceTolerance(delta));
    });

    test('the right trapezoid is complete where the one with the wrong weights is not', async () => {
      const { provenance } = await explain(model, integratedGradients({ quadrature: 'riemann-trapezoid', steps: 200 }), { input, targets });
      const wrong = value('ig_zero_riemann_trapezoid_20', '_delta').values.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(Math.max(...(provenance.convergenceDelta ?? [Infinity]).map(Math.abs))).toBeLessThan(wrong);
    });
  });
}
