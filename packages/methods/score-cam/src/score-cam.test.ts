import { expect, test } from '@jest/globals';
import { explain, softmax, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { scoreCam } from './score-cam.ts';
import { channelMask } from './masks.ts';

// The layer is the image: masks are its own channels, scaled to between 0 and 1.
const WEIGHTS = [1, 0, -1, 2, -3, 1, 0.5, 0];
const VALUES = [1, 2, 3, 5, 2, -2, 4, 0];
const MASKS = [[0, 1 / 4, 1 / 2, 1], [2 / 3, 0, 1, 1 / 3]];
const model = analyticModel(layerFormula([2, 2, 2], [WEIGHTS]), { capabilities: ['activations'] });

test('weights channels by the softmax of the scores of the image seen through them', async () => {
  const { values, provenance } = await explain(model, scoreCam({ relu: false, upsample: false }), { input: tensor([1, 2, 2, 2], VALUES), targets: 0 });
  const scores = MASKS.map((mask) => WEIGHTS.reduce((sum, weight, i) => sum + weight * VALUES[i]! * mask[i % 4]!, 0));
  const weights = softmax(scores);
  values.data.forEach((value, p) => { expect(value).toBeCloseTo(weights[0]! * VALUES[p]! + weights[1]! * VALUES[4 + p]!, 5); });
  expect(provenance.passes).toEqual({ forward: 3, backward: 0 });
});

test('corners of a channel stand on corners of the image', () => {
  const mask = channelMask({ height: 2, width: 2, activation: Float32Array.of(0, 2, 4, 6) }, 0, 3, 4);
  const expected = [0, 1 / 9, 2 / 9, 1 / 3, 1 / 3, 4 / 9, 5 / 9, 2 / 3, 2 / 3, 7 / 9, 8 / 9, 1];
  mask.forEach((value, i) => { expect(value).toBeCloseTo(expected[i]!, 7); });
});

test('a channel that is the same everywhere hides the image', () => {
  expect([...channelMask({ height: 1, width: 2, activation: Float32Array.of(3, 3) }, 0, 2, 2)]).toEqual([0, 0, 0, 0]);
});
