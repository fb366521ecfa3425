import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { decodeNpy, sampleSize, type ModelAdapter, type SampleMethod } from '@pellucid/core';
import { integratedGradients } from '@pellucid/method-integrated-gradients';
import { saliency } from '@pellucid/method-saliency';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { drawNumber, recordedContext, relativeDifference } from '@pellucid/testkit';
import { noiseTunnel, type NoiseTunnelType } from './noise-tunnel.ts';

const models = readReferenceModels(['mlp', 'cifar', 'fmnist']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

const SAMPLES = 5;
const SIGMA = 0.15;

/** Captum's noise in the place of ours: a stream reads what it added to that copy, over sigma. */
function captumsDraws(file: string, size: number): ReturnType<typeof recordedContext> {
  const { data } = decodeNpy(readFileSync(file), file);
  return recordedContext({
    chunkSize: 3,
    stream: (sample, name) => {
      let position = (sample * SAMPLES + drawNumber(name)) * size;
      return { normal: () => data[position++]! / SIGMA };
    },
  });
}

const CASES: readonly [key: string, type: NoiseTunnelType, wrapped: SampleMethod<'gradient'>][] = [
  ['smoothgrad_saliency_signed', 'smoothgrad', saliency()],
  ['smoothgrad_saliency_abs', 'smoothgrad', saliency({ absolute: true })],
  ['smoothgrad_sq_saliency_abs', 'smoothgrad-squared', saliency({ absolute: true })],
  ['vargrad_saliency_abs', 'vargrad', saliency({ absolute: true })],
  ['smoothgrad_ig', 'smoothgrad', integratedGradients({ steps: 10, baseline: 'zero' })],
];

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value, methods } = network;
    let model: ModelAdapter<'gradient'>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test.each(CASES.filter(([key]) => methods.includes(key)))('%s: with the same noise, the values of Captum', async (key, type, wrapped) => {
      const expected = value(key);
      const context = captumsDraws(join(dirname(file), 'noise', `${key}_normal.npy`), sampleSize(input));
      const batch = { input, layout: model.input.layout, targets, objective: { kind: 'logit', targets } } as const;
      const { values } = await noiseTunnel(wrapped, { type, samples: SAMPLES, sigma: SIGMA }).explain(model, batch, context);
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
    });
  });
}
