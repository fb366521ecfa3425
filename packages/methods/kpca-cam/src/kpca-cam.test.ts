import { expect, test } from '@jest/globals';
import { explain, principalMap, randomStream, tensor } from '@pellucid/core';
import { analyticModel, layerFormula } from '@pellucid/testkit';
import { kpcaCam } from './kpca-cam.ts';

const model = (channels: number) => analyticModel(layerFormula([channels, 4, 4], [new Float64Array(channels * 16)]), { capabilities: ['activations'] });

/** Random values that differ from channel to channel in how much they vary. */
function layerValues(channels: number): Float32Array {
  const { normal } = randomStream(1, 'kpca');
  return Float32Array.from({ length: channels * 16 }, (_, i) => normal() / (1 + Math.floor(i / 16)));
}

const unit = (values: ArrayLike<number>): number[] => {
  const length = Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
  return Array.from(values, (value) => value / length);
};

test('where a kernel is almost straight it finds the principal component of the channels', async () => {
  // exp(-gamma d^2) is 1 - gamma d^2 for a small gamma, and centred that is 2 gamma x.y.
  const values = layerValues(3);
  const map = await explain(model(3), kpcaCam({ kernel: 'rbf', gamma: 1e-6, upsample: false }), { input: tensor([1, 3, 4, 4], values), targets: 0 });
  const straight = principalMap({ channels: 3, height: 4, width: 4, values: Float64Array.from(values) }, true);
  const [found, expected] = [unit(map.values.data), unit(straight)];
  found.forEach((value, p) => { expect(value).toBeCloseTo(expected[p]!, 4); });
});

test('parts two kinds of places, the active one above zero', async () => {
  const active = [0, 1, 4, 5];
  const values = new Float32Array(2 * 16).map((_, i) => (active.includes(i % 16) ? 5 : 0));
  const map = await explain(model(2), kpcaCam({ upsample: false }), { input: tensor([1, 2, 4, 4], values), targets: 0 });
  map.values.data.forEach((value, p) => { expect(value > 0).toBe(active.includes(p)); });
});

test('refuses layers of too many pixels, of which all pairs would be compared', async () => {
  const large = analyticModel(layerFormula([1, 65, 64], [new Float64Array(65 * 64)]), { capabilities: ['activations'] });
  await expect(explain(large, kpcaCam(), { input: tensor([1, 1, 65, 64], new Float32Array(65 * 64)), targets: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});

test('a layer that is the same everywhere gives zeros', async () => {
  const map = await explain(model(3), kpcaCam({ upsample: false }), { input: tensor([1, 3, 4, 4], new Float32Array(48).fill(0.1)), targets: 0 });
  expect(map.values.data.every((value) => Math.abs(value) === 0)).toBe(true);
});
