import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues } from '@pellucid/testkit';
import { featureAblation } from './feature-ablation.ts';

const SHAPE = [1, 4, 4] as const;
const weights = normalValues(1, 'linear', 16);
const model = analyticModel(linearFormula(SHAPE, [weights, weights], [0, 0]), { capabilities: [] });
const input = tensor([1, ...SHAPE], [...normalValues(1, 'input', 16)]);

test('all values of a feature get what the feature is worth together', async () => {
  const features = tensor([4, 4], [0, 0, 1, 1, 0, 0, 1, 1, 5, 5, 5, 5, 5, 5, 5, 5]);
  const { values, provenance } = await explain(model, featureAblation({ features, baseline: 0.5 }), { input, targets: 0 });
  const worth = (feature: number): number => weights.reduce((sum, weight, i) => (features.data[i] === feature ? sum + weight * (input.data[i]! - 0.5) : sum), 0);
  values.data.forEach((value, i) => { expect(value).toBeCloseTo(worth(features.data[i]!), 5); });
  expect(provenance.passes).toEqual({ forward: 1 + 3, backward: 0 });
});
