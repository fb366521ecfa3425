import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { explain, type ModelAdapter } from '@pellucid/core';
import { readReferenceModels, referenceTolerance, relativeDifference } from '@pellucid/testkit';
import { deconvolution } from './deconvolution.ts';

const GOLDEN = join(__dirname, '../../../../../shared/golden');
const models = readReferenceModels(GOLDEN, ['mlp', 'cifar', 'fmnist', 'zoo', 'mobile']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Activations other than ReLU, as the exporters write them. */
const OTHERS: Readonly<Record<string, RegExp>> = {
  mlp: /\(Tanh\)$/,
  mobile: /\((Clip|HardSwish|HardSigmoid|Mul)\)$/,
  zoo: /\((LeakyRelu|Elu|Softplus|Tanh|Sigmoid|Erf|Mul|PRelu)\)$/,
};

for (const { title, file, network } of models) {
  describe(title, () => {
    const { name, input, targets, value } = network;
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    test('agrees with Captum, and names the activations that it has no rule for', async () => {
      const expected = value('deconvolution');
      const { values, provenance } = await explain(model, deconvolution(), { input, targets });
      expect(relativeDifference(values, expected.values)).toBeLessThanOrEqual(referenceTolerance(expected));
      const others = OTHERS[name];
      expect(provenance.uncovered.length > 0).toBe(others !== undefined);
      for (const operation of provenance.uncovered) expect(operation).toMatch(others ?? /^$/);
    });
  });
}
