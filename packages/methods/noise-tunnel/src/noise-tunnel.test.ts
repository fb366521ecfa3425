import { expect, test } from '@jest/globals';
import { explain, sampleData, tensor, type Explanation, type Tensor } from '@pellucid/core';
import { saliency } from '@pellucid/method-saliency';
import { analyticModel, linearFormula, normalValues, quadraticFormula } from '@pellucid/testkit';
import { noiseTunnel } from './noise-tunnel.ts';

const SHAPE = [2, 3, 4] as const;
const SIZE = 24;
const linear = normalValues(1, 'linear', SIZE);
const square = normalValues(1, 'square', SIZE);
const input = tensor([1, ...SHAPE], [...normalValues(1, 'input', SIZE)]);
const model = analyticModel(quadraticFormula(SHAPE, [linear, linear], [square, square]), { capabilities: ['gradient'] });

function errorOf({ standardError }: Explanation): Tensor {
  if (standardError === undefined) throw new Error('the explanation has no standard error');
  return standardError;
}

test('noise changes nothing for a linear model, whose gradient has no variance', async () => {
  const flat = analyticModel(linearFormula(SHAPE, [linear, linear], [0, 0]), { capabilities: ['gradient'] });
  const smooth = await explain(flat, noiseTunnel(saliency()), { input, targets: 0 });
  linear.forEach((weight, i) => { expect(smooth.values.data[i]).toBeCloseTo(weight, 6); });
  const { values } = await explain(flat, noiseTunnel(saliency(), { type: 'vargrad' }), { input, targets: 0 });
  for (const value of values.data) expect(value).toBe(0);
});

/** The gradient of a quadratic model is linear in the noise: its mean and variance are known. */
async function slopesAt(): Promise<{ readonly slopes: Float32Array; readonly curvature: number[] }> {
  const { values } = await explain(model, saliency(), { input, targets: 0 });
  const { values: further } = await explain(model, saliency(), { input: tensor(input.shape, input.data.map((value) => value + 1)), targets: 0 });
  return { slopes: values.data, curvature: [...further.data].map((value, i) => value - values.data[i]!) };
}

test('for a quadratic model the truth lies within four of its own standard errors', async () => {
  const { slopes, curvature } = await slopesAt();
  const settings = { input, targets: 0, seed: 3 };
  const smooth = await explain(model, noiseTunnel(saliency(), { samples: 500, sigma: 0.5 }), settings);
  const squared = await explain(model, noiseTunnel(saliency(), { type: 'smoothgrad-squared', samples: 500, sigma: 0.5 }), settings);
  const spread = await explain(model, noiseTunnel(saliency(), { type: 'vargrad', samples: 500, sigma: 0.5 }), settings);
  for (let i = 0; i < SIZE; i++) {
    const variance = (0.5 * curvature[i]!) ** 2;
    const close = (value: number, truth: number, error: number): void => { expect(Math.abs(value - truth)).toBeLessThan(4 * error); };
    close(smooth.values.data[i]!, slopes[i]!, errorOf(smooth).data[i]!);
    close(squared.values.data[i]!, slopes[i]! ** 2 + variance, errorOf(squared).data[i]!);
    close(spread.values.data[i]!, variance, errorOf(spread).data[i]!);
  }
});

test('a relative sigma follows the range of each sample', async () => {
  const wide = tensor(input.shape, input.data.map((value) => 10 * value));
  const variance = async (sample: typeof input): Promise<number> => {
    const { values } = await explain(model, noiseTunnel(saliency(), { type: 'vargrad', samples: 400 }), { input: sample, targets: 0 });
    return values.data.reduce((a, b) => a + b, 0);
  };
  // The variance grows with the square of sigma.
  expect(Math.abs((await variance(wide)) / (await variance(input)) / 100 - 1)).toBeLessThan(0.3);
});

test('a method that takes one sample at a time sees each of the noisy copies with its own target', async () => {
  const batch = tensor([2, ...SHAPE], [...input.data, ...input.data.map((value) => -value)]);
  const { values, provenance } = await explain(model, noiseTunnel(saliency(), { samples: 3 }), { input: batch, targets: [0, 1] });
  expect(provenance.passes).toEqual({ forward: 6, backward: 6 });
  expect(provenance.draws).toEqual([3, 3]);
  expect(provenance.options).toMatchObject({ type: 'smoothgrad', method: { name: 'saliency', options: { absolute: false } } });
  expect(sampleData(values, 0)).not.toEqual(sampleData(values, 1));
});

test('stops at the wanted standard error, per sample', async () => {
  const request = { input: tensor([2, ...SHAPE], [...input.data, ...input.data.map((value) => 5 * value)]), targets: 0, standardError: 0.02 };
  const explanation = await explain(model, noiseTunnel(saliency(), { samples: 4000 }), request);
  expect(explanation.provenance.draws).toHaveLength(2);
  explanation.provenance.draws?.forEach((draws, sample) => {
    expect(draws).toBeLessThan(4000);
    const largest = (data: Float32Array): number => Math.max(...data.map(Math.abs));
    expect(largest(sampleData(errorOf(explanation), sample))).toBeLessThanOrEqual(0.02 * largest(sampleData(explanation.values, sample)));
  });
});
