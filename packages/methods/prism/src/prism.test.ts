import { expect, test } from '@jest/globals';
import { explain, sampleData, sliceBatch, tensor, type Tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, layerFormula, normalValues } from '@pellucid/testkit';
import { extrapolate } from './basis.ts';
import { principalComponents } from './principal-components.ts';
import { fitPrism, prism } from './prism.ts';

const SHAPE = [2, 8, 6] as const;
const model = analyticModel(convolutionalFormula({ shape: SHAPE, kernels: 5, classes: 3, stride: 2, seed: 2 }), { capabilities: ['activations'] });
const images = (seed: number, count: number): Tensor => tensor([count, ...SHAPE], [...normalValues(seed, 'images', count * 96)]);

test('finds the axes of known variances, largest first, and the shares of each', () => {
  // Four channels that vary by themselves: 1, 5, 3 and 0 around means of their own.
  const spread = [1, 5, 3, 0];
  const rows = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]];
  const values = Float32Array.from([0, 1, 2, 3].flatMap((pixel) => spread.map((scale, channel) => 7 + channel + scale * rows[(channel % 3) + 1]![pixel]!)));
  const { mean, components, variances } = principalComponents({ samples: 1, height: 2, width: 2, channels: 4, values });
  expect(mean).toEqual([7, 8, 9, 10]);
  [1, 2, 0].forEach((channel, i) => {
    expect(Math.abs(components[i]![channel]!)).toBeCloseTo(1, 12);
    expect(variances[i]).toBeCloseTo(spread[channel]! ** 2 / 35, 12);
  });
});

test('features of fewer dimensions leave colours empty instead of filling them with noise', () => {
  const values = Float32Array.from([0, 0, 0, 1, 2, 3, 2, 4, 6, 3, 6, 9]);
  const { components, variances } = principalComponents({ samples: 1, height: 2, width: 2, channels: 3, values });
  expect(variances[0]).toBeCloseTo(1, 12);
  expect(variances.slice(1)).toEqual([0, 0]);
  expect(components.slice(1)).toEqual([[0, 0, 0], [0, 0, 0]]);
});

test('signs follow the activations: more of a feature is brighter', async () => {
  const line = [normalValues(0, 'w', 12)];
  const features = analyticModel(layerFormula([1, 3, 4], line), { capabilities: ['activations'] });
  const data = Float32Array.from({ length: 12 }, (_, i) => i);
  const { values } = await explain(features, prism(), { input: tensor([1, 1, 3, 4], data), targets: 0 });
  const red = [...sampleData(values, 0).subarray(0, 12)];
  expect(red).toEqual(red.toSorted((a, b) => a - b));
  expect(red[11]).toBe(1);
});

test('gradual extrapolation brings colours up, tap by tap, times what is excited there', () => {
  const field = tensor([1, 3, 1, 1], [1, 2, 3]);
  const [fine, coarse] = [tensor([1, 1, 2, 2], [1, 2, 3, 4]), tensor([1, 1, 1, 1], [10])];
  const result = extrapolate(field, [fine, coarse]);
  expect(result.shape).toEqual([1, 3, 2, 2]);
  expect([...result.data]).toEqual([10, 20, 30, 40, 20, 40, 60, 80, 30, 60, 90, 120]);
});

test('is an image of the first tap, or of the last without gradual extrapolation; between 0 and 1', async () => {
  const input = images(1, 3);
  const { values, provenance } = await explain(model, prism(), { input, targets: 0 });
  expect(values.shape).toEqual([3, 3, 8, 6]);
  expect(provenance.layer).toBe('input, relu');
  expect(provenance.notes[0]).toMatch(/hold \d+\.\d %, .* of the variance of `relu`/);
  expect(provenance.passes).toEqual({ forward: 3, backward: 0 });
  const coarse = await explain(model, prism({ gradualExtrapolation: false }), { input, targets: 0 });
  expect(coarse.values.shape).toEqual([3, 3, 4, 3]);
  for (const map of [values, coarse.values]) {
    expect(map.data.reduce((a, b) => Math.min(a, b), Infinity)).toBe(0);
    expect(map.data.reduce((a, b) => Math.max(a, b), -Infinity)).toBe(1);
  }
});

const EVERY = [{}, { gradualExtrapolation: false }, { inclusive: true }, { exclusive: true, gradualExtrapolation: false }, { inclusive: true, exclusive: true }];

test.each(EVERY)('a basis gives its own batch the same colours, image by image: %j', async (options) => {
  const input = images(1, 4);
  const own = await explain(model, prism(options), { input, targets: 0 });
  const basis = await fitPrism(model, { input }, options);
  for (let sample = 0; sample < 4; sample++) {
    const alone = await explain(model, prism({ ...options, basis }), { input: sliceBatch(input, sample, sample + 1), targets: 0 });
    expect(alone.values.data).toEqual(sampleData(own.values, sample));
  }
});

test('a basis stays whole as JSON, and gives other images colours between 0 and 1 that do not depend on their company', async () => {
  const basis = JSON.parse(JSON.stringify(await fitPrism(model, { input: images(1, 4) }))) as Awaited<ReturnType<typeof fitPrism>>;
  const others = images(2, 3);
  const { values } = await explain(model, prism({ basis }), { input: others, targets: 0 });
  const last = await explain(model, prism({ basis }), { input: sliceBatch(others, 2, 3), targets: 0 });
  expect(last.values.data).toEqual(sampleData(values, 2));
  expect(values.data.every((value) => value >= 0 && value <= 1)).toBe(true);
});

test('quantised without gradual extrapolation, what is kept and what is not make up the whole', async () => {
  const input = images(3, 2);
  const made = async (options: object): Promise<readonly number[]> =>
    (await fitPrism(model, { input }, { gradualExtrapolation: false, ...options })).quantisation?.shared ?? [];
  const shared = await made({ inclusive: true });
  expect(await made({ exclusive: true })).toEqual(shared);
  const { values } = await explain(model, prism({ inclusive: true, exclusive: true, gradualExtrapolation: false }), { input, targets: 0 });
  expect(new Set(values.data).size).toBeLessThanOrEqual(3);
});

test('a basis of other options or another layer is refused', async () => {
  const basis = await fitPrism(model, { input: images(1, 2) }, { gradualExtrapolation: false });
  const request = { input: images(1, 1), targets: 0 };
  await expect(explain(model, prism({ basis }), request)).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('gradualExtrapolation') as unknown });
  const wide = { ...basis, mean: [0, 0], components: [[0, 1], [1, 0], [0, 0]] };
  await expect(explain(model, prism({ basis: wide, gradualExtrapolation: false }), request)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  expect(() => prism({ basis: { ...basis, components: [[1]] } })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as unknown as Error);
});

test('fitting stops when it is aborted', async () => {
  await expect(fitPrism(model, { input: images(1, 2), signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});
