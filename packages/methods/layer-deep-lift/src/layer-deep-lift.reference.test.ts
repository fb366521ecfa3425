import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, type OnnxCapability } from '@pellucid/backend-onnxruntime';
import { activationOf, explain, gradientAt, INPUT, sampleData, zipWith, type ModelAdapter, type TargetObjective } from '@pellucid/core';
import { readReferenceModels } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { layerDeepLift } from './layer-deep-lift.ts';

// Captum's own LayerDeepLift is no reference: a max-pool, or an activation without a rule there, lies behind the stored layer of every network.
const models = readReferenceModels(['cifar', 'fmnist', 'zoo', 'mobile']);
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

/** Captum has rules for all of their activations. */
const COVERED = ['cifar', 'fmnist'];
/** Single precision along a deep network, relative to the sum of all sizes of contributions. */
const COMPLETE = 1e-5;

for (const { title, file, network } of models) {
  describe(title, () => {
    const { name, input, baseline, targets, value } = network;
    let model: ModelAdapter<OnnxCapability>;
    beforeAll(async () => { model = await loadModel(file); });
    afterAll(() => model.dispose());

    if (COVERED.includes(name)) {
      test('multipliers of the first convolution, carried to the input, give Captum\'s map, its max-pools corrected', async () => {
        const layer = model.layers.find(({ kind }) => kind === 'conv')?.name ?? 'none';
        const { values } = await explain(model, layerDeepLift({ layer, baseline }), { input, targets });
        const here = activationOf(await model.evaluate({ input, activations: [layer] }), layer);
        const there = activationOf(await model.evaluate({ input: baseline, activations: [layer] }), layer);
        const change = zipWith(here, there, (a, b) => a - b);
        const cotangent = zipWith(values, change, (contribution, step) => (step === 0 ? 0 : contribution / step));
        const gradient = { of: { kind: 'cotangent', cotangent }, from: layer, at: [INPUT] } as const;
        const multipliers = gradientAt(await model.evaluate({ input, gradient }), INPUT);
        const map = zipWith(multipliers, zipWith(input, baseline, (x, x0) => x - x0), (a, b) => a * b);
        // The quotient brings the rounding of small changes in.
        expect(relativeDifference(map, value('deeplift_fixed_baseline').values)).toBeLessThanOrEqual(1e-5);
      });

      test('what a ReLU passes on, each of its inputs contributed', async () => {
        const position = model.layers.findIndex(({ kind }) => kind === 'relu');
        const [before, after] = model.layers.slice(position - 1, position + 1).map((layer) => layer.name);
        const contributions = async (layer: string | undefined) => (await explain(model, layerDeepLift({ layer, baseline }), { input, targets })).values;
        expect(relativeDifference(await contributions(before), await contributions(after))).toBeLessThanOrEqual(COMPLETE);
      });
    }

    test.each<TargetObjective>(['logit', 'margin', 'probability', 'log-probability'])('over a layer that everything passes it adds up to the change of the %s', async (objective) => {
      const layer = model.layers.findLast(({ kind }) => kind === 'conv')?.name;
      for (const from of ['zero', baseline] as const) {
        const { values, provenance } = await explain(model, layerDeepLift({ layer, baseline: from }), { input, targets, objective });
        expect(provenance.uncovered).toEqual([]);
        expect(provenance.convergenceDelta).toHaveLength(targets.length);
        provenance.convergenceDelta?.forEach((delta, sample) => {
          const size = sampleData(values, sample).reduce((sum, part) => sum + Math.abs(part), 0);
          expect(Math.abs(delta)).toBeLessThanOrEqual(COMPLETE * Math.max(size, 1e-3));
        });
      }
    });
  });
}
