import { expect, test } from '@jest/globals';
import { fillByChannel, orderByChannel } from './channel-order.ts';
import { convertLayout } from './convert-layout.ts';
import { sampleData } from './batch.ts';
import { tensor } from './tensor.ts';

const first = tensor([1, 2, 2, 3], Array.from({ length: 12 }, (_, i) => i));
const last = convertLayout(first, 'NCHW', 'NHWC');

test('values are ordered channel by channel, whatever the layout', () => {
  expect(orderByChannel(sampleData(last, 0), last.shape, 'NHWC')).toEqual(first.data);
  expect(orderByChannel(first.data, first.shape, 'NCHW')).toBe(first.data);
  expect([...orderByChannel(Float32Array.of(1, 10, 2, 20), [1, 2, 2], 'NWC')]).toEqual([1, 2, 10, 20]);
});

test('tokens and plain features keep their order', () => {
  const values = Float32Array.of(1, 10, 2, 20);
  expect(orderByChannel(values, [1, 2, 2], 'NTC')).toBe(values);
  expect(orderByChannel(values, [1, 4], 'NC')).toBe(values);
});

test('numbers are filled in channel by channel', () => {
  const filled = new Float32Array(12);
  let next = 0;
  fillByChannel(filled, last.shape, 'NHWC', () => next++);
  expect(filled).toEqual(last.data);
});
