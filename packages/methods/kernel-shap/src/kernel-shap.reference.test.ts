import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import {
  decodeNpy, explain, featureMasks, sampleData, scoreCoalitions, sliceBatch, spreadFeatures, tensor, zeros, type ModelAdapter, type Tensor,
} from '@pellucid/core';
import { readReferenceModels, referenceFeatures, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { kernelShap } from './kernel-shap.ts';
import { addCoalitions, emptyRegression, solveRegression } from './shapley-regression.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist', 'mobile', 'zoo']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Quarters of the image, and a box in its middle; five groups of the table's columns. */
function fiveGroups({ shape: [, , height, width] }: Tensor): Tensor {
  if (height === undefined || width === undefined) return tensor([13], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4]);
  const middle = (at: number, length: number): boolean => at >= Math.floor(length / 4) && at < Math.floor((3 * length) / 4);
  return tensor([height, width], Array.from({ length: height * width }, (_, p) => {
    const [y, x] = [Math.floor(p / width), p % width];
    if (middle(y, height) && middle(x, width)) return 4;
    return 2 * Number(y >= height / 2) + Number(x >= width / 2);
  }));
}

/** Captum holds the sum by an enormous weight instead of exactly; implementations agree to this much. */
const CAPTUM_REGRESSION = 5e-3;

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, baseline, methods, value } = network;
    let model: ModelAdapter<never>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    if (methods.includes('shapley_exact_5groups')) {
      test('for five groups, the exact Shapley values', async () => {
        const expected = value('shapley_exact_5groups');
        const { values } = await explain(model, kernelShap({ features: fiveGroups(input), baseline }), { input, targets });
        expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
      });
    }

    if (methods.includes('kernel_shap')) {
      test('with the same coalitions, the regression of Captum', async () => {
        const recorded = decodeNpy(readFileSync(join(dirname(file), 'noise/kernel_shap_coalitions.npy')), 'kernel_shap_coalitions');
        const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
        const masks = featureMasks(referenceFeatures(input), batch);
        const expected = value('kernel_shap');
        for (let sample = 0; sample < targets.length; sample++) {
          const mask = masks[sample]!;
          const scene = { model, batch, context: { chunkSize: 32 }, sample, mask, baseline: new Float32Array(sampleData(input, sample).length) };
          const kept = Uint8Array.from(sampleData(recorded, sample));
          const scores = await scoreCoalitions(scene, kept);
          const sizes = Array.from(scores, (_, row) => kept.subarray(row * mask.count, (row + 1) * mask.count).reduce((a, b) => a + b, 0));
          const inner = sizes.map((size) => (size === 0 || size === mask.count ? 0 : 1));
          const ends = { none: scores[sizes.indexOf(0)]!, all: scores[sizes.indexOf(mask.count)]! };
          const regression = emptyRegression(mask.count, ends);
          addCoalitions(regression, { kept, scores, weights: inner });
          const map = zeros([1, ...input.shape.slice(1)]);
          spreadFeatures(solveRegression(regression)?.values ?? [], mask, map.data);
          expect(relativeDifference(map, sliceBatch(expected.values, sample, sample + 1))).toBeLessThanOrEqual(CAPTUM_REGRESSION);
        }
      });
    }
  });
}
