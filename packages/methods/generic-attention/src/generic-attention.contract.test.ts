import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import type { ModelAdapter } from '@pellucid/core';
import { methodContract } from '@pellucid/testkit';
import { genericAttention } from './generic-attention.ts';

let model: ModelAdapter;
beforeAll(async () => { model = await loadModel(join(__dirname, '../../attention-rollout/test/vision-transformer.onnx')); });
afterAll(() => model.dispose());

// An engine multiplies matrices of a batch in another order than those of one sample.
const settings = { model: () => model, tolerance: 1e-5 };
for (const { name, run } of methodContract(genericAttention, settings)) test(name, run);
for (const { name, run } of methodContract(genericAttention, { ...settings, options: { layers: ['block1/attention/softmax'], upsample: false } })) {
  test(`${name} (one layer)`, run);
}
