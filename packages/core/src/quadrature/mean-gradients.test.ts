import { expect, test } from '@jest/globals';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { meanGradients } from './mean-gradients.ts';
import { quadratureRule } from './quadrature.ts';

/** f = x y, whose gradient is (y, x), with a third value that is its sample's place. */
const gradients = (points: Tensor, samples: readonly number[]): Promise<Tensor> => Promise.resolve(
  tensor([samples.length, 3], samples.flatMap((sample, i) => [points.data[2 * i + 1]!, points.data[2 * i]!, sample])),
);
const to = tensor([3, 2], [1, 2, 3, 4, 5, 6]);
const from = tensor([3, 2], [0, 0, 1, 1, 1, -2]);

test.each([1, 2, 5, 64])('the mean gradient of a product is that in the middle of each path, in pieces of %s points', async (chunkSize) => {
  const done: number[] = [];
  const rule = quadratureRule('gausslegendre', 3, 'test');
  const { shape, means } = await meanGradients({ to, from, rule, gradients, context: { chunkSize, progress: (at, total) => done.push(at / total) } });
  expect(shape).toEqual([3]);
  const expected = [[1, 0.5, 0], [2.5, 2, 1], [2, 3, 2]];
  means.forEach((mean, sample) => { mean.forEach((value, i) => { expect(value).toBeCloseTo(expected[sample]![i]!, 6); }); });
  expect(means).toHaveLength(3);
  expect(done).toHaveLength(Math.ceil(9 / chunkSize));
  expect(done.at(-1)).toBe(1);
});

test('steps that are worked on together give to the last bit what they give one by one', async () => {
  const values = (seed: number): number[] => Array.from({ length: 14 }, (_, i) => Math.fround(Math.sin(seed + 7.3 * i)));
  const [end, start] = [tensor([2, 7], values(1)), tensor([2, 7], values(2))];
  const square = (points: Tensor): Promise<Tensor> => Promise.resolve({ ...points, data: points.data.map((value) => value ** 2) });
  const means = async (chunkSize: number): Promise<readonly number[][]> => {
    const rule = quadratureRule('gausslegendre', 11, 'test');
    const found = await meanGradients({ to: end, from: start, rule, gradients: square, context: { chunkSize, progress: () => undefined } });
    return found.means.map((mean) => [...mean]);
  };
  const [alone, together] = [await means(1), await means(64)];
  expect(together).toEqual(alone);
  // The mean of (b + p d)^2 over p from 0 to 1.
  const exact = (i: number): number => (end.data[i]! ** 2 + end.data[i]! * start.data[i]! + start.data[i]! ** 2) / 3;
  together.flat().forEach((value, i) => { expect(value).toBeCloseTo(exact(i), 6); });
});
