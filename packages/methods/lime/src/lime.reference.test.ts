import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceFeatures, referenceTolerance } from '@pellucid/reference-values';
import { drawNumber, recordedContext, relativeDifference } from '@pellucid/testkit';
import { lime } from './lime.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('lime_linear'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

const SAMPLES = 150;

/** The features that Captum kept, sample after sample. */
function captumsDraws(folder: string, key: string): ReturnType<typeof recordedContext> {
  const { data, shape: [, features = 0] } = decodeNpy(readFileSync(join(folder, 'noise', `${key}_bernoulli.npy`)), key);
  return recordedContext({
    stream: (sample, name) => {
      let at = (sample * SAMPLES + drawNumber(name)) * features;
      return { uniform: () => (data[at++] === 1 ? 0 : 1) };
    },
  });
}

/** scikit-learn's lasso stops at a duality gap of 1e-4; ours goes on to rounding, which the optimality conditions in `lime.test.ts` prove. */
const SCIKIT_LEARN_STOPS = 5e-4;

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each([['lime_linear', 0, 0], ['lime_lasso', 0.01, SCIKIT_LEARN_STOPS]] as const)('%s: with the same copies, the values of Captum', async (key, alpha, allowed) => {
      const expected = value(key);
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
      const method = lime({ samples: SAMPLES, features: referenceFeatures(input), alpha });
      const { values } = await method.explain(model, batch, captumsDraws(dirname(file), key));
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(Math.max(referenceTolerance(expected), allowed));
    });
  });
}
