import { expect, test } from '@jest/globals';
import { gaussianBlur } from '../image/gaussian-blur.ts';
import { randomStream } from '../random/stream.ts';
import { convertLayout } from '../tensor/convert-layout.ts';
import type { Layout } from '../tensor/layout.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { baselineOption, makeBaseline, type Baseline } from './baseline.ts';
import type { MethodContext } from './method.ts';

const images = tensor([2, 1, 3, 40], Float32Array.from({ length: 240 }, (_, i) => (i % 7) - 2));

function baseline(kind: Baseline, input: Tensor = images, layout: Layout = 'NCHW', references?: Tensor): Tensor {
  const context: MethodContext = {
    random: (sample, name) => randomStream(1, name, input.data[sample] ?? 0),
    chunkSize: 1,
    references,
    progress: () => undefined,
    estimate: () => false,
    mayStop: false,
    note: () => undefined,
  };
  return makeBaseline(kind, { input, layout, targets: [0, 0], objective: { kind: 'sum-of-logits' } }, context);
}

test('zero and a number fill the batch', () => {
  expect(baseline('zero')).toEqual(tensor([2, 1, 3, 40], new Float32Array(240)));
  expect(baseline(-0.5)).toEqual(tensor([2, 1, 3, 40], new Float32Array(240).fill(-0.5)));
});

test('random stays between the extremes of the sample', () => {
  const { data } = baseline('random', tensor([2, 1, 1, 50], Float32Array.from({ length: 100 }, (_, i) => (i < 50 ? i : 1000 + i))));
  expect(data.subarray(0, 50).every((value) => value >= 0 && value <= 49)).toBe(true);
  expect(data.subarray(50).every((value) => value >= 1050 && value <= 1099)).toBe(true);
  expect(new Set(data.subarray(0, 50)).size).toBeGreaterThan(40);
});

test('blur is as wide as a tenth of the longer side, in both layouts', () => {
  expect(baseline('blur')).toEqual(gaussianBlur(images, 'NCHW', 4));
  const last = baseline('blur', convertLayout(images, 'NCHW', 'NHWC'), 'NHWC');
  expect(convertLayout(last, 'NHWC', 'NCHW')).toEqual(baseline('blur'));
  // Taller than wide: the height of channels-last images is not their second but their first spatial axis.
  const tall = tensor([1, 40, 3, 1], images.data.subarray(0, 120));
  expect(baseline('blur', tall, 'NHWC')).toEqual(gaussianBlur(tall, 'NHWC', 4));
});

test('mean is that of the references', () => {
  const input = tensor([2, 2], [0, 0, 0, 0]);
  expect([...baseline('mean', input, 'NC', tensor([3, 2], [1, 2, 3, 4, 5, 9])).data]).toEqual([3, 5, 3, 5]);
  expect(() => baseline('mean', input, 'NC')).toThrow(/no references were given/);
  expect(() => baseline('mean', input, 'NC', tensor([1, 3], [1, 2, 3]))).toThrow(/\[1, 3\]/);
});

test('a tensor stands for one sample or for the whole batch', () => {
  const input = tensor([2, 2], [0, 0, 0, 0]);
  expect([...baseline(tensor([2], [1, 2]), input, 'NC').data]).toEqual([1, 2, 1, 2]);
  expect([...baseline(tensor([1, 2], [1, 2]), input, 'NC').data]).toEqual([1, 2, 1, 2]);
  expect([...baseline(tensor([2, 2], [1, 2, 3, 4]), input, 'NC').data]).toEqual([1, 2, 3, 4]);
  expect(() => baseline(tensor([3], [1, 2, 3]), input, 'NC')).toThrow(/expected shape \[2\]/);
  expect(() => baseline(tensor([2], [NaN, 1]), input, 'NC')).toThrow(/NaN/);
});

test('the option takes names, finite numbers and tensors', () => {
  const { accepts } = baselineOption('zero', 'What stands for nothing.');
  for (const value of ['zero', 'random', 'blur', 'mean', 0.5, tensor([1], [1])]) expect(accepts(value)).toBe(true);
  for (const value of ['black', NaN, Infinity, null, undefined, [1], { shape: [1], data: [1] }]) expect(accepts(value)).toBe(false);
});
