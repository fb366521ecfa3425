import { expect, test } from '@jest/globals';
import { makeWorkload, type WorkUnit } from './workload.ts';

const METHODS: Readonly<Record<string, number>> = { saliency: 0.1, 'grad-cam': 0.2, rise: 20, lime: 30, lrp: 0.3 };
const BACKENDS: Readonly<Record<string, number>> = { onnxruntime: 1, tfjs: 4 };

const units: (WorkUnit & { readonly seconds: number })[] = Object.entries(BACKENDS).flatMap(([backend, factor]) =>
  Object.entries(METHODS).map(([method, seconds]) => ({ id: `${method} ${backend}`, factors: [method, backend], seconds: seconds * factor })));

test('what methods took on one backend tells what they take on another', () => {
  let elapsed = 0;
  const workload = makeWorkload(units, 1, () => elapsed);
  expect(workload.rest()).toBeNaN();
  // All methods on the first backend, and one on the second.
  const [known, open] = [units.slice(0, 6), units.slice(6)];
  for (const { id, seconds } of known) {
    elapsed += seconds;
    workload.finish(id, seconds);
  }
  const truth = open.reduce((sum, { seconds }) => sum + seconds, 0);
  // A plain extrapolation by the number of pieces would say a sixth of it.
  expect(workload.rest()).toBeGreaterThan(truth / 2.5);
  expect(workload.rest()).toBeLessThan(truth * 2.5);
  for (const { id, seconds } of open) workload.finish(id, seconds);
  expect(workload.rest()).toBe(0);
});

test('processes side by side share the rest', () => {
  let elapsed = 0;
  const same = Array.from({ length: 20 }, (_, i) => ({ id: String(i), factors: ['only'] }));
  const workload = makeWorkload(same, 2, () => elapsed);
  for (let i = 0; i < 10; i++) {
    elapsed += 0.5;
    workload.finish(String(i), 1);
  }
  expect(workload.rest()).toBeCloseTo(5, 6);
});

test('pieces that were read from disk teach nothing', () => {
  const workload = makeWorkload(units, 1, () => 100);
  workload.finish(units[0]!.id, 100);
  const before = workload.rest();
  workload.finish('lime tfjs', null);
  expect(workload.rest()).toBeLessThan(before);
});
