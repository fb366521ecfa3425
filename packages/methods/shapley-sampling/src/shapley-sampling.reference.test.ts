import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceFeatures, referenceTolerance } from '@pellucid/reference-values';
import { drawNumber, recordedContext, relativeDifference } from '@pellucid/testkit';
import { shapleySampling } from './shapley-sampling.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('shapley_sampling'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** The orders that Captum drew; all samples share them. */
function captumsDraws(folder: string): ReturnType<typeof recordedContext> {
  const { data, shape: [, features = 0] } = decodeNpy(readFileSync(join(folder, 'noise/shapley_sampling_perms.npy')), 'shapley_sampling_perms');
  return recordedContext({
    stream: (_sample, name) => ({ permutation: () => [...data.subarray(drawNumber(name) * features, (drawNumber(name) + 1) * features)] }),
  });
}

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('with the same orders, the values of Captum', async () => {
      const expected = value('shapley_sampling');
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
      const { values } = await shapleySampling({ samples: 3, features: referenceFeatures(input) }).explain(model, batch, captumsDraws(dirname(file)));
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
