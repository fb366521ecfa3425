import { expect, test } from '@jest/globals';
import type { MethodBatch } from '../method/method.ts';
import type { Layout } from '../tensor/layout.ts';
import { tensor, zeros } from '../tensor/tensor.ts';
import { featureMasks, featuresOption, spreadFeatures, type Features } from './feature-mask.ts';

const batch = (shape: readonly number[], layout: Layout): MethodBatch =>
  ({ input: zeros(shape), layout, targets: [0, 0], objective: { kind: 'sum-of-logits' } });
const masks = (features: Features, shape: readonly number[] = [2, 2, 4, 6], layout: Layout = 'NCHW') => featureMasks(features, batch(shape, layout));

test('cells of a grid hold all channels, in both layouts', () => {
  const [first, second] = masks([2, 3]);
  expect(second).toBe(first);
  expect(first?.count).toBe(6);
  const plane = [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 3, 3, 4, 4, 5, 5];
  expect([...first?.ids ?? []]).toEqual([...plane, ...plane]);
  expect([...masks([2, 3], [1, 4, 6, 2], 'NHWC')[0]?.ids ?? []]).toEqual(plane.flatMap((id) => [id, id]));
});

test('a grid finer than the image has a cell per pixel', () => {
  expect(masks([8, 8])[0]?.count).toBe(24);
  expect(masks('auto')[0]?.count).toBe(24);
});

test('values of a vector are features of their own', () => {
  for (const features of ['auto', 'each'] as const) expect(masks(features, [2, 5], 'NC')[1]).toEqual({ ids: Int32Array.of(0, 1, 2, 3, 4), count: 5 });
  expect(masks('each')[0]?.count).toBe(48);
});

test('own numbers are taken in the shape of an image, a sample or the batch, and closed up', () => {
  const plane = Float32Array.from({ length: 24 }, (_, p) => (p < 12 ? 7 : -3));
  expect(masks(tensor([4, 6], plane))[0]).toEqual({ ids: Int32Array.from({ length: 48 }, (_, i) => (i % 24 < 12 ? 1 : 0)), count: 2 });
  const sample = tensor([2, 4, 6], new Float32Array(48).map((_, i) => i % 3));
  expect(masks(sample)[1]?.count).toBe(3);
  const own = masks(tensor([2, 2, 4, 6], new Float32Array(96).map((_, i) => (i < 48 ? 0 : i % 4))));
  expect(own.map(({ count }) => count)).toEqual([1, 4]);
});

test('what does not fit is refused', () => {
  expect(() => masks(zeros([3, 3]))).toThrow(/\[3, 3\]/);
  expect(() => masks(tensor([4, 6], new Float32Array(24).fill(0.5)))).toThrow(/whole numbers/);
  expect(() => masks([2, 2], [2, 5], 'NC')).toThrow(/height and width/);
  const { accepts } = featuresOption();
  for (const value of ['auto', 'each', 'superpixels', [3, 3], { superpixels: 9 }, zeros([2])]) expect(accepts(value)).toBe(true);
  for (const value of ['all', [3], [0, 3], [2.5, 2], { superpixels: 0 }, { segments: 3 }, 3, null]) expect(accepts(value)).toBe(false);
});

test('numbers per feature are spread over its values', () => {
  const target = new Float32Array(5);
  spreadFeatures([10, 20], { ids: Int32Array.of(0, 1, 1, 0, 1), count: 2 }, target);
  expect([...target]).toEqual([10, 20, 20, 10, 20]);
});
