import { expect, test } from '@jest/globals';
import { explain, randomStream, tensor } from '@pellucid/core';
import { analyticModel, linearFormula, normalValues } from '@pellucid/testkit';
import { drawMask } from './random-mask.ts';
import { rise } from './rise.ts';

const SHAPE = [1, 6, 9] as const;
const SIZE = 54;
const weights = normalValues(1, 'linear', SIZE);
const model = analyticModel(linearFormula(SHAPE, [weights, weights], [0, 0]), { capabilities: [] });
const input = tensor([1, ...SHAPE], new Float32Array(SIZE).fill(1));

test('a mask is open with the given probability, between 0 and 1, and cropped at a place of its own', () => {
  const masks = Array.from({ length: 400 }, (_, i) => drawMask(randomStream(1, i), 6, 9, { grid: 3, probability: 0.3 }));
  const values = masks.flatMap((mask) => [...mask]);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThanOrEqual(1);
  expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length - 0.3)).toBeLessThan(0.02);
  // Without a crop of its own, the cells of every mask would end at the same pixels.
  const edges = masks.map((mask) => mask.findIndex((value, p) => p > 0 && p < 9 && value !== mask[0]));
  expect(new Set(edges).size).toBeGreaterThan(3);
  expect([...drawMask(randomStream(1, 1), 2, 2, { grid: 5, probability: 1 })]).toEqual([1, 1, 1, 1]);
});

test('for a linear model the map is the expected product of mask and score, within four standard errors', async () => {
  const settings = { grid: 3, probability: 0.5 };
  // E[m_p sum_q w_q m_q] / p, over many masks of another seed.
  const [truth, spread] = [new Float64Array(SIZE), new Float64Array(SIZE)];
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const mask = drawMask(randomStream(99, i), 6, 9, settings);
    const score = mask.reduce((sum, open, q) => sum + weights[q]! * open, 0);
    mask.forEach((open, p) => {
      truth[p]! += (open * score) / settings.probability / count;
      spread[p]! += ((open * score) / settings.probability) ** 2 / count;
    });
  }
  const { values, standardError } = await explain(model, rise({ samples: 2000, ...settings }), { input, targets: 0 });
  values.data.forEach((value, p) => {
    const error = Math.hypot(standardError?.data[p] ?? NaN, Math.sqrt((spread[p]! - truth[p]! ** 2) / count));
    expect(Math.abs(value - truth[p]!)).toBeLessThan(4 * error);
  });
});

test('stops at a wanted standard error and shows maps along the way', async () => {
  const seen: number[] = [];
  const request = { input, targets: 0, standardError: 0.2, onEstimate: ({ draws }: { readonly draws: number }) => { seen.push(draws); } };
  const { provenance } = await explain(model, rise({ samples: 5000, grid: 3 }), request);
  expect(provenance.draws?.[0]).toBeLessThan(5000);
  expect(seen[0]).toBe(10);
  expect(seen.at(-1)).toBe(provenance.draws?.[0]);
});
