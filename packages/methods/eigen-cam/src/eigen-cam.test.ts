import { expect, test } from '@jest/globals';
import { explain, tensor } from '@pellucid/core';
import { analyticModel, normalValues, type AnalyticNetwork } from '@pellucid/testkit';
import { eigenCam } from './eigen-cam.ts';
import { principalMap } from './principal-map.ts';

const geometry = (channels: number, height: number, width: number) => ({ channels, height, width, channelStride: height * width, pixelStride: 1 });

test('a layer of rank one gives its pattern, scaled by the length of the channel weights', () => {
  // A_k = weights[k] * pattern: M v1 = |weights| * pattern.
  const pattern = [1, 5, 2, 3, 0, 4];
  const activation = Float32Array.from([2, -1, 2].flatMap((weight) => pattern.map((value) => weight * value)));
  const map = principalMap(activation, geometry(3, 2, 3), false);
  pattern.forEach((value, i) => { expect(map[i]).toBeCloseTo(3 * value, 12); });
});

test('centred, it takes the mean of every channel away first', () => {
  const pattern = [1, 5, 2, 3, 0, 4];
  const activation = Float32Array.from([2, -1, 2].flatMap((weight, k) => pattern.map((value) => weight * value + 10 * k)));
  const map = principalMap(activation, geometry(3, 2, 3), true);
  pattern.forEach((value, i) => { expect(map[i]).toBeCloseTo(3 * (value - 2.5), 12); });
});

test('is the same whether there are more channels than pixels or fewer', () => {
  // Channels that are zero add nothing, but turn the smaller Gram matrix around.
  const values = normalValues(1, 'activation', 4 * 9).map(Math.abs);
  const few = principalMap(Float32Array.from(values), geometry(4, 3, 3), false);
  const many = principalMap(Float32Array.from([...values, ...new Float64Array(8 * 9)]), geometry(12, 3, 3), false);
  few.forEach((value, i) => { expect(many[i]).toBeCloseTo(value, 10); });
});

test('no direction keeps more of the layer: the length of the map is the largest singular value', () => {
  const activation = Float32Array.from(normalValues(2, 'activation', 5 * 12));
  const length = Math.sqrt(principalMap(activation, geometry(5, 3, 4), false).reduce((sum, value) => sum + value * value, 0));
  for (let draw = 0; draw < 200; draw++) {
    const direction = normalValues(draw, 'direction', 5);
    const scale = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    const kept = Array.from({ length: 12 }, (_, p) => direction.reduce((sum, value, k) => sum + (value / scale) * activation[k * 12 + p]!, 0));
    expect(Math.sqrt(kept.reduce((sum, value) => sum + value * value, 0))).toBeLessThanOrEqual(length * (1 + 1e-12));
  }
});

test('high values stand where the layer is active, in 100 random layers, centred or not', () => {
  for (let seed = 0; seed < 50; seed++) {
    const activation = Float32Array.from(normalValues(seed, 'layer', 6 * 16), (value) => Math.max(value, 0));
    for (const centred of [false, true]) {
      const map = principalMap(activation, geometry(6, 4, 4), centred);
      const strength = Array.from({ length: 16 }, (_, p) => [0, 1, 2, 3, 4, 5].reduce((sum, k) => sum + activation[k * 16 + p]!, 0));
      const mean = strength.reduce((a, b) => a + b, 0) / 16;
      expect(map.reduce((sum, value, p) => sum + value * (strength[p]! - mean), 0)).toBeGreaterThanOrEqual(0);
    }
  }
});

test('a dead layer gives zeros, a constant one a positive constant', () => {
  expect([...principalMap(new Float32Array(12), geometry(3, 2, 2), false)]).toEqual([0, 0, 0, 0]);
  expect([...principalMap(new Float32Array(12), geometry(3, 2, 2), true)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  principalMap(new Float32Array(8).fill(3), geometry(2, 2, 2), false).forEach((value) => { expect(value).toBeCloseTo(3 * Math.SQRT2, 12); });
});

test('asks for the layer alone, and brings the map to the input', async () => {
  const network: AnalyticNetwork = {
    name: 'pooled',
    shape: [1, 4, 4],
    classes: 2,
    layers: [{ name: 'corners', kind: 'max-pool', shape: [1, 2, 2] }],
    pass: (x) => ({
      logits: Float64Array.of(x[0]!, x[1]!),
      activations: new Map([['corners', Float64Array.of(x[0]!, x[3]!, x[12]!, x[15]!)]]),
      backward: () => new Map(),
    }),
  };
  const data = new Float32Array(16);
  data[0] = 4;
  const model = analyticModel(network, { capabilities: ['activations'] });
  const { values, provenance } = await explain(model, eigenCam({ upsample: 'nearest' }), { input: tensor([1, 1, 4, 4], data), targets: 0 });
  expect([...values.data]).toEqual([4, 4, 0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(provenance).toMatchObject({ layer: 'corners', passes: { forward: 1, backward: 0 } });
});
