import { expect, test } from '@jest/globals';
import { randomStream } from '../random/stream.ts';
import { principalMap, type ChannelValues } from './principal-map.ts';

const layer = (channels: number, height: number, width: number, values: ArrayLike<number>): ChannelValues =>
  ({ channels, height, width, values: Float64Array.from(values) });

function normalValues(seed: number, name: string, count: number): Float64Array {
  const { normal } = randomStream(seed, name);
  return Float64Array.from({ length: count }, normal);
}

test('a layer of rank one gives its pattern, scaled by the length of the channel weights', () => {
  // A_k = weights[k] * pattern: M v1 = |weights| * pattern.
  const pattern = [1, 5, 2, 3, 0, 4];
  const activation = Float64Array.from([2, -1, 2].flatMap((weight) => pattern.map((value) => weight * value)));
  const map = principalMap(layer(3, 2, 3, activation), false);
  pattern.forEach((value, i) => { expect(map[i]).toBeCloseTo(3 * value, 12); });
});

test('centred, it takes the mean of every channel away first', () => {
  const pattern = [1, 5, 2, 3, 0, 4];
  const activation = Float64Array.from([2, -1, 2].flatMap((weight, k) => pattern.map((value) => weight * value + 10 * k)));
  const map = principalMap(layer(3, 2, 3, activation), true);
  pattern.forEach((value, i) => { expect(map[i]).toBeCloseTo(3 * (value - 2.5), 12); });
});

test('is the same whether there are more channels than pixels or fewer', () => {
  // Channels that are zero add nothing, but turn the smaller Gram matrix around.
  const values = normalValues(1, 'activation', 4 * 9).map(Math.abs);
  const few = principalMap(layer(4, 3, 3, values), false);
  const many = principalMap(layer(12, 3, 3, [...values, ...new Float64Array(8 * 9)]), false);
  few.forEach((value, i) => { expect(many[i]).toBeCloseTo(value, 10); });
});

test('no direction keeps more of the layer: the length of the map is the largest singular value', () => {
  const activation = normalValues(2, 'activation', 5 * 12);
  const length = Math.sqrt(principalMap(layer(5, 3, 4, activation), false).reduce((sum, value) => sum + value * value, 0));
  for (let draw = 0; draw < 200; draw++) {
    const direction = normalValues(draw, 'direction', 5);
    const scale = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    const kept = Array.from({ length: 12 }, (_, p) => direction.reduce((sum, value, k) => sum + (value / scale) * activation[k * 12 + p]!, 0));
    expect(Math.sqrt(kept.reduce((sum, value) => sum + value * value, 0))).toBeLessThanOrEqual(length * (1 + 1e-12));
  }
});

test('high values stand where the layer is active, in 100 random layers, centred or not', () => {
  for (let seed = 0; seed < 50; seed++) {
    const activation = normalValues(seed, 'layer', 6 * 16).map((value) => Math.max(value, 0));
    for (const centred of [false, true]) {
      const map = principalMap(layer(6, 4, 4, activation), centred);
      const strength = Array.from({ length: 16 }, (_, p) => [0, 1, 2, 3, 4, 5].reduce((sum, k) => sum + activation[k * 16 + p]!, 0));
      const mean = strength.reduce((a, b) => a + b, 0) / 16;
      expect(map.reduce((sum, value, p) => sum + value * (strength[p]! - mean), 0)).toBeGreaterThanOrEqual(0);
    }
  }
});

test('a dead layer gives zeros, a constant one a positive constant', () => {
  expect([...principalMap(layer(3, 2, 2, new Float64Array(12)), false)]).toEqual([0, 0, 0, 0]);
  expect([...principalMap(layer(3, 2, 2, new Float64Array(12)), true)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  principalMap(layer(2, 2, 2, new Float64Array(8).fill(3)), false).forEach((value) => { expect(value).toBeCloseTo(3 * Math.SQRT2, 12); });
});
