import { describe, expect, test } from '@jest/globals';
import { openEngine } from '@pellucid/backend-tfjs';
import { convertLayout } from '@pellucid/core';
import { bars, everyLayer } from '../test/bars.ts';
import { plainCnn } from './network/plain-cnn.ts';
import { accuracyOf, predict } from './predict.ts';
import { train } from './train.ts';
import type { TrainRequest } from './train-request.ts';

const network = plainCnn({ input: [8, 8, 1], classes: 2, width: 4 });
const base = { network, data: bars(64, 1), epochs: 2, batchSize: 16, learningRate: 0.01, seed: 3 } as const;

describe.each(['onnxruntime', 'wasm'] as const)('training on %s', (engine) => {
  const request: TrainRequest = { ...base, engine };

  test('a network learns what can be learned, and knows it again', async () => {
    const trained = await train({ ...request, epochs: 15 });
    const [first, last] = [trained.history[0]!, trained.history[14]!];
    expect(trained.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(last.loss).toBeLessThan(first.loss / 10);
    expect(last.accuracy).toBe(1);
    expect(await accuracyOf(trained, bars(50, 2), { engine })).toBe(1);
  });

  test('every kind of layer learns', async () => {
    const { history } = await train({ ...request, network: everyLayer, epochs: 20 });
    expect(history.at(-1)?.accuracy).toBe(1);
  });

  test('the first step of Adam moves every weight that has a gradient by the learning rate', async () => {
    const steps = { ...request, data: bars(16, 1), epochs: 1 };
    const [before, after] = [await train({ ...steps, learningRate: 1e-9 }), await train(steps)];
    const biases = [before, after].map(({ weights }) => weights.get('logits/bias')?.data ?? []);
    // Kingma and Ba 2015, section 2.1: the first step is the learning rate times the sign of the gradient.
    for (let i = 0; i < 2; i++) expect(Math.abs(biases[1]![i]! - biases[0]![i]!)).toBeCloseTo(0.01, 4);
  });

  test('the same seed gives the same bits, another seed others', async () => {
    const first = await train(request);
    expect(await train(request)).toEqual(first);
    const other = await train({ ...request, seed: 4 });
    expect(other.weights.get('logits/kernel')).not.toEqual(first.weights.get('logits/kernel'));
  });

  test('images in another layout train the same network', async () => {
    const { data } = request;
    const swapped = { ...data, images: convertLayout(data.images, 'NHWC', 'NCHW'), layout: 'NCHW' } as const;
    expect((await train({ ...request, data: swapped })).weights).toEqual((await train(request)).weights);
  });

  test('an epoch meets every image once, whatever is left for its last batch', async () => {
    const sizes: number[] = [];
    const progress: string[] = [];
    await train({
      ...request,
      data: bars(40, 1),
      onBatch: ({ input }) => void sizes.push(input.shape[0]!),
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(sizes).toEqual([16, 16, 8, 16, 16, 8]);
    expect(progress).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  });

  test('the model that a batch shows has the weights before the step', async () => {
    const seen: number[] = [];
    const { data } = request;
    const trained = await train({
      ...request,
      epochs: 1,
      onBatch: async ({ model, input }) => {
        const { logits } = await model.evaluate({ input });
        seen.push(logits.data[0]!);
        expect(input.shape.slice(1)).toEqual([8, 8, 1]);
      },
    });
    const again = await train({ ...request, epochs: 1 });
    expect(trained.weights).toEqual(again.weights);
    expect(new Set(seen).size).toBe(4);
    const fresh = await train({ ...request, epochs: 1, learningRate: 1e-12 });
    const before = await predict(fresh, data.images, { engine });
    // The first batch meets the initial weights, which a learning rate of 1e-12 leaves as they are.
    expect([...before.data].some((logit) => Math.abs(logit - seen[0]!) < 1e-6)).toBe(true);
  });

  test('two runs at once do not disturb each other', async () => {
    const alone = await train(request);
    const [first, second] = await Promise.all([train(request), train(request)]);
    expect(first).toEqual(alone);
    expect(second).toEqual(alone);
  });
});

const request = { ...base, engine: 'wasm' } satisfies TrainRequest;

test('nothing stays on the engine: after success, failure in a callback, abort', async () => {
  const engine = await openEngine('wasm');
  const tensors = (): number => engine.tf.memory().numTensors;
  await train(request);
  const before = tensors();
  await train(request);
  expect(tensors()).toBe(before);
  await expect(train({ ...request, onBatch: () => Promise.reject(new Error('enough')) })).rejects.toThrow('enough');
  expect(tensors()).toBe(before);
  const controller = new AbortController();
  const aborted = train({ ...request, signal: controller.signal, onBatch: ({ batch }) => { if (batch === 2) controller.abort(); } });
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  expect(tensors()).toBe(before);
  await expect(train({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('a learning rate that blows up ends the run with a reason', async () => {
  const attempt = train({ ...request, learningRate: 1e30 });
  await expect(attempt).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('smaller learning rate') });
});

test.each([
  ['epochs', { epochs: 0 }],
  ['batchSize', { batchSize: 2.5 }],
  ['learningRate', { learningRate: NaN }],
  ['seed', { seed: -1 }],
])('a bad value of %s is named', async (option, change) => {
  await expect(train({ ...request, ...change })).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { option } });
});

test('data that does not fit the network is refused', async () => {
  const { data } = request;
  const refuse = (change: Partial<typeof data>, code: string): Promise<void> =>
    expect(train({ ...request, data: { ...data, ...change } })).rejects.toMatchObject({ code });
  await refuse({ images: { shape: [64, 4, 16, 1], data: data.images.data } }, 'SHAPE_MISMATCH');
  await refuse({ labels: data.labels.slice(1) }, 'SHAPE_MISMATCH');
  await refuse({ labels: data.labels.map(() => 2) }, 'REQUEST_INVALID');
  await refuse({ labels: Float32Array.from(data.labels, (label) => label / 2 + 0.25) as unknown as Int32Array }, 'REQUEST_INVALID');
  await refuse({ images: { shape: data.images.shape, data: data.images.data.map(() => NaN) } }, 'INPUT_NOT_FINITE');
});
