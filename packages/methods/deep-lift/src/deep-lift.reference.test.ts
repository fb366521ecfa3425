import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { explain, sampleData, type ModelAdapter, type TargetObjective } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { deepLift } from './deep-lift.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'zoo', 'mobile']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Captum takes plain gradients for the activations of the others, so that its values are not complete there. */
const COVERED = ['mlp', 'cifar', 'fmnist'];
/** Single precision along a deep network, relative to the sum of all sizes of contributions. */
const COMPLETE = 1e-5;

for (const { title, file, network } of models) {
  describe(title, () => {
    const { name, input, baseline, targets, value } = network;
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    if (COVERED.includes(name)) {
      test.each([['zero', {}], ['baseline', { baseline }]] as const)('agrees with Captum, its max-pools corrected (%s)', async (from, options) => {
        const expected = value(`deeplift_fixed_${from}`);
        const { values, provenance } = await explain(model, deepLift(options), { input, targets });
        expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
        const deltas = value(`deeplift_fixed_${from}`, '_delta').values.data;
        expect(provenance.convergenceDelta).toHaveLength(deltas.length);
        deltas.forEach((delta, sample) => {
          const size = sampleData(values, sample).reduce((sum, part) => sum + Math.abs(part), 0);
          // Theirs are of double precision; ours carry the rounding of single precision.
          expect(Math.abs((provenance.convergenceDelta?.[sample] ?? Infinity) - delta)).toBeLessThanOrEqual(COMPLETE * size);
        });
      });
    }

    test.each<TargetObjective>(['logit', 'margin', 'probability', 'log-probability'])('adds up to the change of the %s', async (objective) => {
      for (const from of ['zero', baseline] as const) {
        const { values, provenance } = await explain(model, deepLift({ baseline: from }), { input, targets, objective });
        expect(provenance.uncovered).toEqual([]);
        provenance.convergenceDelta?.forEach((delta, sample) => {
          const size = sampleData(values, sample).reduce((sum, part) => sum + Math.abs(part), 0);
          expect(Math.abs(delta)).toBeLessThanOrEqual(COMPLETE * Math.max(size, 1e-3));
        });
        expect(provenance.convergenceDelta).toHaveLength(targets.length);
      }
    });
  });
}
