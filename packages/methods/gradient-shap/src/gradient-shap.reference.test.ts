import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, sampleSize, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { drawNumber, recordedContext, relativeDifference } from '@pellucid/testkit';
import { gradientShap } from './gradient-shap.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

const DRAWS = 6;
const read = (file: string): Tensor => decodeNpy(readFileSync(file), file);

/** Captum's draws in the place of ours. */
function captumsDraws(folder: string, key: string, sigma: number, size: number): ReturnType<typeof recordedContext> {
  const [choice, uniform, normal] = ['choice', 'uniform', 'normal'].map((part) => read(join(folder, 'noise', `${key}_${part}.npy`)).data);
  return recordedContext({
    chunkSize: 4,
    references: read(join(folder, 'baseline_dist.npy')),
    stream: (sample, name) => {
      const draw = sample * DRAWS + drawNumber(name);
      let position = draw * size;
      return {
        integer: () => choice?.[draw] ?? NaN,
        uniform: () => uniform?.[draw] ?? NaN,
        normal: () => (normal?.[position++] ?? NaN) / sigma,
      };
    },
  });
}

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value, methods } = network;
    let model: ModelAdapter<'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    const CASES = [['gradient_shap_sd0', 0], ['gradient_shap_sd0.09', 0.09]] as const;
    test.each(CASES.filter(([key]) => methods.includes(key)))('%s: with the same draws, the values of Captum', async (key, sigma) => {
      const expected = value(key);
      const context = captumsDraws(dirname(file), key, sigma, sampleSize(input));
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
      const { values } = await gradientShap({ samples: DRAWS, sigma }).explain(model, batch, context);
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
