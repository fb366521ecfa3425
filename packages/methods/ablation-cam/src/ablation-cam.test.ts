import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { ablationCam } from './ablation-cam.ts';

// Two channels of 2 x 2: the score is the sum of the products with these weights, which are its gradient.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 4, 2, -1, 4, 0];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]), { capabilities: ['activations', 'intervention'] });
const input = tensor([1, 2, 2, 2], VALUES);

test('weights channels by the share of the score that is lost without them', async () => {
  const { values, provenance } = await explain(model, ablationCam({ relu: false, upsample: false }), { input, targets: 0 });
  // The score is 1: channel 0 adds 6 and channel 1 takes 5 away.
  [0, 1, 2, 3].forEach((p) => { expect(values.data[p]).toBeCloseTo(6 * VALUES[p]! - 5 * VALUES[4 + p]!, 5); });
  expect(provenance.passes).toEqual({ forward: 3, backward: 0 });
});

test('a channel that speaks for the class has a positive weight where the score is negative, too', async () => {
  const low = analyticModel(layerFormula([2, 2, 2], [WEIGHTS], undefined, [-11]), { capabilities: ['activations', 'intervention'] });
  const { values } = await explain(low, ablationCam({ relu: false, upsample: false }), { input, targets: 0 });
  [0, 1, 2, 3].forEach((p) => { expect(values.data[p]).toBeCloseTo(0.6 * VALUES[p]! - 0.5 * VALUES[4 + p]!, 5); });
});

test('a score of 0 leaves the losses as they are', async () => {
  const none = analyticModel(layerFormula([2, 2, 2], [WEIGHTS], undefined, [-1]), { capabilities: ['activations', 'intervention'] });
  const { values } = await explain(none, ablationCam({ relu: false, upsample: false }), { input, targets: 0 });
  expect([...values.data]).toEqual([-4, 17, -2, 24]);
});

test('puts another value in the place of a channel', async () => {
  const { values } = await explain(model, ablationCam({ value: 1, relu: false, upsample: false }), { input, targets: 0 });
  // Ones in channel 0 add 2 instead of 6, in channel 1 -1.5 instead of -5.
  [0, 1, 2, 3].forEach((p) => { expect(values.data[p]).toBeCloseTo(4 * VALUES[p]! - 3.5 * VALUES[4 + p]!, 5); });
});

test('tells how far it is, channel by channel, over samples and layers', async () => {
  const shares: number[] = [];
  const batch = tensor([3, 2, 2, 2], [...VALUES, ...VALUES, ...VALUES]);
  await explain(model, ablationCam({ layer: ['features', 'features'] }), {
    input: batch, targets: 0, memoryBudget: 2 * model.bytesPerSample, onProgress: (done, total) => { shares.push(done / total); },
  });
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
  expect(new Set(shares).size).toBeGreaterThanOrEqual(6);
});
