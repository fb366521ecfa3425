import { expect, test } from '@jest/globals';
import { chunkSize, evenPieces } from './chunk-size.ts';
import { keptSessions } from './kept-sessions.ts';

const MIB = 2 ** 20;

test('a chunk fits the budget, but holds at least one sample', () => {
  const network = { fixedBatch: null, bytesPerSample: MIB, weightBytes: 0 };
  expect(chunkSize(network, 'gpu', 3.5 * MIB)).toBe(3);
  expect(chunkSize(network, 'cpu', 3.5 * MIB)).toBe(2);
  expect(chunkSize(network, 'gpu', 2 ** 40)).toBe(2 ** 20);
  expect(chunkSize(network, 'cpu', 1)).toBe(1);
  expect(chunkSize({ ...network, fixedBatch: 4 }, 'cpu', 1)).toBe(4);
});

test('on a CPU a chunk stays in the cache, or shares the reading of weights that are large beside its values', () => {
  const network = { fixedBatch: null, bytesPerSample: MIB, weightBytes: 5 * MIB };
  expect(chunkSize(network, 'cpu')).toBe(32);
  expect(chunkSize(network, 'cpu', 2 ** 40)).toBe(32);
  expect(chunkSize({ ...network, bytesPerSample: 100 * MIB }, 'cpu')).toBe(1);
  expect(chunkSize({ ...network, bytesPerSample: 47 * MIB, weightBytes: 46 * MIB }, 'cpu')).toBe(2);
  expect(chunkSize({ ...network, bytesPerSample: 220 * MIB, weightBytes: 528 * MIB }, 'cpu', 2 ** 40)).toBe(2);
  expect(chunkSize({ ...network, bytesPerSample: 220 * MIB, weightBytes: 528 * MIB }, 'cpu', 300 * MIB)).toBe(1);
});

test('the larger a model, the fewer of its sessions are kept', () => {
  expect(keptSessions({ weightBytes: 4, bytesPerSample: 1 })).toBe(7);
  expect(keptSessions({ weightBytes: 4, bytesPerSample: 2 ** 29 })).toBe(3);
  expect(keptSessions({ weightBytes: 2 ** 26, bytesPerSample: 1 })).toBe(6);
});

test('a batch is cut into pieces of about the same length, as few as before', () => {
  expect([[64, 47], [64, 64], [1, 47], [50, 1], [100, 47], [7, 3]].map(([samples = 0, most = 0]) => evenPieces(samples, most))).toEqual([32, 64, 1, 1, 34, 3]);
});
