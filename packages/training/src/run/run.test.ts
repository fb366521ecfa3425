import { expect, test } from '@jest/globals';
import type { Tensor } from '@pellucid/core';
import { bars } from '../../test/bars.ts';
import { plainCnn } from '../network/plain-cnn.ts';
import { train } from '../train.ts';
import type { TrainRequest } from '../train-request.ts';
import { augment } from './augmentation.ts';
import { learningRateAt } from './schedule.ts';

const network = plainCnn({ input: [8, 8, 1], classes: 2, width: 4 });
const request = { network, data: bars(64, 1), epochs: 12, batchSize: 16, learningRate: 0.01, seed: 3 } satisfies TrainRequest;

test.each([
  ['constant', [0.4, 0.4, 0.4, 0.4]], ['linear', [0.4, 0.3, 0.2, 0]], ['cosine', [0.4, 0.2 * (1 + Math.SQRT1_2), 0.2, 0]],
] as const)('the learning rate goes from all of it to the end: %s', (schedule, expected) => {
  [0, 0.25, 0.5, 1].forEach((done, i) => expect(learningRateAt(schedule, 0.4, done)).toBeCloseTo(expected[i]!, 12));
});

test('a schedule changes the steps of a run', async () => {
  const [constant, cosine] = [await train(request), await train({ ...request, schedule: 'cosine' })];
  expect(cosine.history.at(-1)?.accuracy).toBe(1);
  expect(cosine.weights.get('logits/bias')).not.toEqual(constant.weights.get('logits/bias'));
});

/** Images of 2x3 pixels and two channels, all values different. */
const batch: Tensor = { shape: [40, 2, 3, 2], data: Float32Array.from({ length: 480 }, (_, i) => i + 1) };
const positions = Array.from({ length: 40 }, (_, i) => i);
const pixel = ({ data }: Tensor, image: number, row: number, column: number): readonly number[] => [...data.subarray(((image * 2 + row) * 3 + column) * 2).subarray(0, 2)];

test('images are moved as a whole, zeros come in, and half are mirrored', () => {
  const moved = augment(batch, { shift: 1, flip: true }, 5, 0, positions);
  const seen = new Set<string>();
  for (const image of positions) {
    const found: string[] = [];
    for (const down of [-1, 0, 1]) {
      for (const right of [-1, 0, 1]) {
        for (const mirrored of [false, true]) {
          const fits = [0, 1].every((row) => [0, 1, 2].every((column) => {
            const [from, source] = [row - down, mirrored ? 2 - (column - right) : column - right];
            const inside = from >= 0 && from < 2 && column - right >= 0 && column - right < 3;
            return String(pixel(moved, image, row, column)) === String(inside ? pixel(batch, image, from, source) : [0, 0]);
          }));
          if (fits) found.push(`${down} ${right} ${mirrored}`);
        }
      }
    }
    expect(found).toHaveLength(1);
    seen.add(found[0]!);
  }
  // 40 draws of 18 possibilities.
  expect(seen.size).toBeGreaterThan(10);
});

test('an image varies by the seed, the epoch and its own place, and not by its batch', () => {
  const settings = { shift: 1 };
  const first = augment(batch, settings, 5, 0, positions);
  expect(augment(batch, settings, 5, 0, positions)).toEqual(first);
  expect(augment(batch, settings, 6, 0, positions)).not.toEqual(first);
  expect(augment(batch, settings, 5, 1, positions)).not.toEqual(first);
  const alone = augment({ shape: [1, 2, 3, 2], data: batch.data.subarray(12, 24) }, settings, 5, 0, [1]);
  expect([...alone.data]).toEqual([...first.data.subarray(12, 24)]);
  expect(augment(batch, {}, 5, 0, positions)).toEqual(batch);
});

test('validation images are judged after each epoch', async () => {
  const data = bars(30, 9);
  const { history } = await train({ ...request, validation: data });
  expect(history.map(({ validation }) => validation !== undefined)).toEqual(history.map(() => true));
  expect(history.at(-1)?.validation?.accuracy).toBe(1);
  // The training images themselves, looked at after the epoch, are known better than while they were met.
  const own = await train({ ...request, validation: request.data });
  for (const { loss, validation } of own.history) expect(validation?.loss).toBeLessThan(loss * 1.05);
});

test('patience ends a run that gets no better, with the weights of its best epoch', async () => {
  // Labels that the validation images contradict: what is learned makes them worse.
  const data = bars(64, 1);
  const contradicted = { ...data, labels: data.labels.map((label) => 1 - label) };
  const stopped = await train({ ...request, validation: contradicted, patience: 2 });
  expect(stopped.history.length).toBeLessThan(request.epochs);
  const losses = stopped.history.map(({ validation }) => validation?.loss ?? NaN);
  const best = losses.indexOf(Math.min(...losses));
  expect(stopped.history).toHaveLength(best + 3);
  expect(stopped.weights).toEqual((await train({ ...request, epochs: best + 1 })).weights);
});

test('a run goes on from given weights', async () => {
  const first = await train({ ...request, epochs: 6 });
  const next = await train({ ...request, epochs: 1, initial: first.weights });
  expect(next.history[0]!.loss).toBeLessThan(first.history[0]!.loss / 2);
  const other = plainCnn({ input: [8, 8, 1], classes: 2, width: 5 });
  await expect(train({ ...request, network: other, initial: first.weights })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH', message: expect.stringContaining('block1/conv1/kernel') });
});

test.each([
  ['schedule', { schedule: 'steps' as 'cosine' }], ['augmentation.shift', { augmentation: { shift: 0.5 } }], ['patience', { patience: 0, validation: bars(4, 1) }],
  ['patience', { patience: 2 }],
])('a bad value of %s is named', async (option, change) => {
  await expect(train({ ...request, ...change })).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { option } });
});
