import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
import { layerConductance } from './layer-conductance.ts';

const SHAPE = [2, 5, 6] as const;
const model = analyticModel(convolutionalFormula({ shape: SHAPE, kernels: 3, classes: 2, seed: 4 }));
const input = tensor([2, ...SHAPE], [...normalValues(1, 'input', 120)]);

test.each(['conv', 'relu'])('over the layer %s, which everything passes, it sums to the change of the score', async (layer) => {
  const { values, provenance } = await explain(model, layerConductance({ layer, steps: 800 }), { input, targets: [0, 1] });
  expect(values.shape).toEqual([2, 3, 5, 6]);
  expect(provenance.layer).toBe(layer);
  const { logits } = await model.evaluate({ input });
  const { logits: start } = await model.evaluate({ input: tensor([1, ...SHAPE], new Float32Array(60)) });
  [0, 1].forEach((sample) => {
    const sum = values.data.subarray(sample * 90, (sample + 1) * 90).reduce((a, b) => a + b, 0);
    const change = logits.data[3 * sample]! - start.data[sample]!;
    expect(provenance.convergenceDelta?.[sample]).toBeCloseTo(sum - change, 5);
    expect(Math.abs(sum - change)).toBeLessThan(0.01);
  });
});

test('the last layer gets what its unit gained, and no other', async () => {
  const { values } = await explain(model, layerConductance({ layer: 'dense', steps: 3 }), { input, targets: 1 });
  const { logits } = await model.evaluate({ input });
  const { logits: start } = await model.evaluate({ input: tensor([1, ...SHAPE], new Float32Array(60)) });
  expect([values.data[0], values.data[2]]).toEqual([0, 0]);
  expect(values.data[1]).toBeCloseTo(logits.data[1]! - start.data[1]!, 5);
});
