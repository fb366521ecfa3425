import { expect, test } from '@jest/globals';
import { explain, sampleData, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues } from '@pellucid/testkit';
import { xrai } from './xrai.ts';

const SIDE = 16;
const PIXELS = SIDE * SIDE;
/** A bright square on black; the network counts the pixels of its upper half. */
const isSquare = (p: number): boolean => p % SIDE >= 5 && p % SIDE < 11 && p / SIDE >= 5 && p / SIDE < 11;
const image = Float32Array.from({ length: PIXELS }, (_, p) => (isSquare(p) ? 1 : 0));
const input = tensor([1, 1, SIDE, SIDE], image);
const weights = Float64Array.from({ length: PIXELS }, (_, p) => (p < PIXELS / 2 ? 1 : 0));
const model = analyticModel(linearFormula([1, SIDE, SIDE], [weights, weights.map((weight) => -weight)]), { capabilities: ['gradient'] });

test.each(['full', 'fast'] as const)('gives the whole object what the network saw of half of it: %s', async (algorithm) => {
  const { values, provenance } = await explain(model, xrai({ algorithm, steps: 4 }), { input, targets: 0 });
  expect(values.shape).toEqual([1, 1, SIDE, SIDE]);
  expect(provenance.passes).toEqual({ forward: 8, backward: 8 });
  // From black the square counts 1 each, from white the ground -1 each; the mean of both halves it.
  const attribution = image.map((value, p) => (weights[p]! * (value + (value - 1))) / 2);
  expect(values.data.reduce((a, b) => a + b, 0)).toBeCloseTo(attribution.reduce((a, b) => a + b, 0), 4);
  const inside = [...values.data].filter((_, p) => isSquare(p));
  const outside = [...values.data].filter((_, p) => !isSquare(p));
  expect(Math.min(...inside)).toBeGreaterThan(Math.max(...outside.filter((value) => value !== Math.max(...inside))));
  expect(Math.max(...inside)).toBeGreaterThan(0);
  expect(new Set(values.data).size).toBeLessThan(12);
});

test('is the greatest of the channels, and follows the target', async () => {
  const channels = 3;
  const rows = normalValues(1, 'weights', channels * PIXELS);
  const colour = analyticModel(linearFormula([channels, SIDE, SIDE], [rows, rows.map((weight) => -weight)]), { capabilities: ['gradient'] });
  const data = Float32Array.from({ length: channels * PIXELS }, (_, i) => image[i % PIXELS]! * (1 + Math.floor(i / PIXELS)));
  const batch = tensor([2, channels, SIDE, SIDE], Float32Array.from({ length: 2 * data.length }, (_, i) => data[i % data.length]!));
  const { values } = await explain(colour, xrai({ steps: 2 }), { input: batch, targets: [0, 1] });
  [1, -1].forEach((sign, sample) => {
    // Of a linear model, with baselines 0 and 3, the attribution is w (x - 1.5).
    const sum = image.reduce((total, _, p) => total + Math.max(...[0, 1, 2].map((c) => sign * rows[c * PIXELS + p]! * (data[c * PIXELS + p]! - 1.5))), 0);
    expect(sampleData(values, sample).reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 2);
  });
});

test('tells how far it is', async () => {
  const seen: number[] = [];
  await explain(model, xrai({ steps: 4 }), { input, targets: 0, memoryBudget: 3 * model.bytesPerSample, onProgress: (done, total) => seen.push(done / total) });
  // Pieces are of a power of two.
  expect(seen).toEqual([2 / 8, 4 / 8, 6 / 8, 1]);
});

test('refuses what has no height and width', async () => {
  const vectors = analyticModel(linearFormula([4], [normalValues(0, 'w', 4)]), { capabilities: ['gradient'] });
  await expect(explain(vectors, xrai(), { input: tensor([1, 4], [1, 2, 3, 4]), targets: 0 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});
