import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { decodeNpy, explain, sampleData, type ModelAdapter, type TargetObjective } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { deepLiftShap } from './deep-lift-shap.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'zoo', 'mobile']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Captum takes plain gradients for the activations of the others, so that its values are not complete there. */
const COVERED = ['mlp', 'cifar', 'fmnist'];
/** Single precision along a deep network, relative to the sum of all sizes of contributions. */
const COMPLETE = 1e-5;

for (const { title, file, network } of models) {
  describe(title, () => {
    const { name, input, targets, value } = network;
    const references = decodeNpy(readFileSync(join(dirname(file), 'baseline_dist.npy')), 'baseline_dist.npy');
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    if (COVERED.includes(name)) {
      test('agrees with Captum, its max-pools corrected', async () => {
        const expected = value('deeplift_shap_fixed');
        const { values } = await explain(model, deepLiftShap(), { input, targets, references });
        expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
      });
    }

    test.each<TargetObjective>(['logit', 'margin', 'probability', 'log-probability'])('adds up to the %s less its mean over the references', async (objective) => {
      const { values, provenance } = await explain(model, deepLiftShap(), { input, targets, references, objective });
      expect(provenance.uncovered).toEqual([]);
      expect(provenance.convergenceDelta).toHaveLength(targets.length);
      provenance.convergenceDelta?.forEach((delta, sample) => {
        const size = sampleData(values, sample).reduce((sum, part) => sum + Math.abs(part), 0);
        expect(Math.abs(delta)).toBeLessThanOrEqual(COMPLETE * Math.max(size, 1e-3));
      });
    });
  });
}
