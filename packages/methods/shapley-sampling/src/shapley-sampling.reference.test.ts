import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, type Features, type ModelAdapter, type Tensor } from '@pellucid/core';
import { drawNumber, readReferenceModels, recordedContext, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { shapleySampling } from './shapley-sampling.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']).filter(({ network }) => network.methods.includes('shapley_sampling'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Blocks of 4 x 4 pixels, or each value of a vector. */
const featuresOf = ({ shape: [, , height, width] }: Tensor): Features =>
  (height === undefined || width === undefined ? 'each' : [height / 4, width / 4]);

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
      const { values } = await shapleySampling({ samples: 3, features: featuresOf(input) }).explain(model, batch, captumsDraws(dirname(file)));
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
