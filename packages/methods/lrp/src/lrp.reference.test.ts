import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { explain, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { lrp, type LrpOptions } from './lrp.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** What was run: Captum with its own stabiliser, and zennit's composites. */
const KEYS: readonly (readonly [key: string, options: Partial<LrpOptions>])[] = [
  ['lrp_epsilon', { composite: 'epsilon', epsilon: 1e-9 }],
  ['lrp_gamma', { composite: 'gamma', epsilon: 1e-9 }],
  ['lrp_alpha1beta0', { composite: 'alpha1-beta0', epsilon: 1e-9 }],
  ['zennit_EpsilonPlus', { composite: 'epsilon-plus' }],
  ['zennit_EpsilonPlusFlat', { composite: 'epsilon-plus-flat' }],
  ['zennit_EpsilonAlpha2Beta1', { composite: 'epsilon-alpha2-beta1' }],
];

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, methods, value } = network;
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each(KEYS.filter(([key]) => methods.includes(key)))('agrees with %s', async (key, options) => {
      const expected = value(key);
      const { values, provenance } = await explain(model, lrp(options), { input, targets });
      expect(provenance.uncovered).toEqual([]);
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
      if (!key.startsWith('lrp_')) return;
      // Captum states what is missing from the score, we how far the map is off it: the same number with another sign.
      const delta = value(key, '_delta');
      const size = values.data.reduce((sum, part) => sum + Math.abs(part), 0);
      provenance.convergenceDelta?.forEach((own, sample) => {
        expect(Math.abs(own + delta.values.data[sample]!) / size).toBeLessThanOrEqual(referenceTolerance(expected));
      });
      expect(provenance.convergenceDelta).toHaveLength(targets.length);
    });
  });
}

const [folded, separate] = ['model.op17.onnx', 'model.op17.bn.onnx'].map((file) => readReferenceModels(['mobile']).find(({ title }) => title === `mobile/${file}`));

(folded && separate ? test : test.skip)('batch normalisation in a network changes nothing that it would not change when folded into the weights', async () => {
  if (!folded || !separate) return;
  const { input, targets } = folded.network;
  for (const composite of ['epsilon', 'epsilon-plus', 'epsilon-alpha2-beta1'] as const) {
    const maps = await Promise.all([folded, separate].map(async ({ file }) => {
      const model = await loadModel(file);
      const explanation = await explain(model, lrp({ composite, epsilon: 1e-3 }), { input, targets });
      await model.dispose();
      expect(explanation.provenance.uncovered).toEqual([]);
      return explanation.values;
    }));
    // Two ways of rounding the same weights, along a deep network.
    expect(relativeDifference(maps[1]!, maps[0]!)).toBeLessThanOrEqual(1e-4);
  }
});

const transformer = readReferenceModels(['vit'])[0];

(transformer ? test : test.skip)('the softmax of an attention has no rule, and is named', async () => {
  if (!transformer) return;
  const model = await loadModel(transformer.file);
  const { provenance } = await explain(model, lrp(), { input: transformer.network.input, targets: transformer.network.targets });
  await model.dispose();
  expect(provenance.uncovered.length).toBeGreaterThan(0);
  for (const operation of provenance.uncovered) expect(operation).toMatch(/\(Softmax\)$/);
});
