import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadModel, openEngine, type TfjsEngine } from '@pellucid/backend-tfjs';
import { activationOf, gradientAt, INPUT, randomStream, sampleData, score, type ModelAdapter, type Objective, type Tensor } from '@pellucid/core';
import { everyLayer } from '../../../test/bars.ts';
import { toTfjs } from '../../export/to-tfjs.ts';
import type { NetworkDefinition } from '../../network/network.ts';
import { initialWeights } from '../../network/initialise.ts';
import type { LiveModel } from '../trainer.ts';
import { liveModel } from './live-model.ts';
import { placeWeights, type LiveWeights } from './live-weights.ts';

const count = 5;
const random = randomStream(2, 'live');
const input: Tensor = { shape: [count, 8, 8, 1], data: Float32Array.from({ length: count * 64 }, random.normal) };
const targets = [0, 1, 1, 0, 1];

/** Without kinks, so that finite differences hold. */
const smooth: NetworkDefinition = {
  name: 'smooth',
  input: [8, 8, 1],
  classes: 2,
  layers: [
    { kind: 'conv', name: 'conv', filters: 3, kernel: 3, stride: 2 },
    { kind: 'average-pool', name: 'pool', size: 2 },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'dense', name: 'logits', units: 2 },
  ],
};

let engine: TfjsEngine;
let weights: LiveWeights;
let model: LiveModel;
let peer: ModelAdapter<'activations' | 'gradient'>;
beforeAll(async () => {
  engine = await openEngine('wasm');
  const values = initialWeights(everyLayer, 4);
  weights = await engine.exclusive(() => placeWeights(engine, values));
  model = liveModel(engine, everyLayer, weights);
  peer = await loadModel(toTfjs({ network: everyLayer, weights: values }), { engine: 'wasm' });
});
afterAll(async () => {
  await peer.dispose();
  await engine.exclusive(weights.dispose);
});

const objectives: readonly Objective[] = [
  { kind: 'logit', targets },
  { kind: 'probability', targets },
  { kind: 'log-probability', targets },
  { kind: 'margin', targets },
  { kind: 'margin', targets, against: targets.map((target) => 1 - target) },
  { kind: 'sum-of-logits' },
  { kind: 'cotangent', cotangent: { shape: [count, 2], data: Float32Array.from({ length: 2 * count }, random.normal) } },
];

test.each(objectives)('the slope of the score along a direction follows from the gradient: $kind', async (of) => {
  const live = await engine.exclusive(() => placeWeights(engine, initialWeights(smooth, 1)));
  const slopes = liveModel(engine, smooth, live);
  const evaluation = await slopes.evaluate({ input, gradient: { of, at: [INPUT] } });
  const direction = Float32Array.from(input.data, random.normal);
  const step = 1e-2;
  const at = async (way: number): Promise<readonly number[]> => {
    const moved = { shape: input.shape, data: input.data.map((value, i) => value + way * step * direction[i]!) };
    return Array.from(score(of, (await slopes.evaluate({ input: moved })).logits));
  };
  const [ahead, behind] = [await at(1), await at(-1)];
  for (let sample = 0; sample < count; sample++) {
    const slope = (ahead[sample]! - behind[sample]!) / (2 * step);
    const gradient = sampleData(gradientAt(evaluation, INPUT), sample);
    const along = gradient.reduce((sum, value, i) => sum + value * direction[sample * 64 + i]!, 0);
    // 32-bit logits of size 1 over twice the step leave an error of about 1e-5; the third derivative adds its share of the step squared.
    expect(Math.abs(slope - along)).toBeLessThan(1e-3);
  }
  await engine.exclusive(live.dispose);
});

test('logits, activations and gradients at every layer are those of the exported network on its backend', async () => {
  const names = everyLayer.layers.map(({ name }) => name);
  const query = { input, activations: names, gradient: { of: { kind: 'logit', targets }, at: [INPUT, ...names] } } as const;
  const [here, there] = [await model.evaluate(query), await peer.evaluate(query)];
  const close = (a: Tensor, b: Tensor): void => {
    expect(a.shape).toEqual(b.shape);
    a.data.forEach((value, i) => expect(Math.abs(value - b.data[i]!)).toBeLessThan(1e-5));
  };
  close(here.logits, there.logits);
  for (const name of names) close(activationOf(here, name), activationOf(there, name));
  for (const point of query.gradient.at) close(gradientAt(here, point), gradientAt(there, point));
});

test('gradients of a layer are those of the exported network, and go to what leads there alone', async () => {
  const names = everyLayer.layers.map(({ name }) => name);
  const from = 'both';
  const { shape } = activationOf(await model.evaluate({ input, activations: [from] }), from);
  const cotangent = { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random.normal) };
  const query = { input, gradient: { of: { kind: 'cotangent', cotangent }, from, at: [INPUT, names[0]!] } } as const;
  const [here, there] = [await model.evaluate(query), await peer.evaluate(query)];
  for (const point of query.gradient.at) {
    const expected = gradientAt(there, point).data;
    gradientAt(here, point).data.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
  }
  const behind = { input, gradient: { ...query.gradient, at: ['logits'] } } as const;
  await expect(model.evaluate(behind)).rejects.toMatchObject({ code: 'GRADIENT_UNREACHABLE' });
  const zeroed = await model.evaluate({ input, gradient: { ...behind.gradient, at: ['logits', names[0]!], unreachable: 'zero' } });
  expect(gradientAt(zeroed, 'logits')).toEqual({ shape: [count, 2], data: new Float32Array(2 * count) });
  expect(gradientAt(zeroed, names[0]!).data).toEqual(gradientAt(here, names[0]!).data);
  const { gradients, logits } = await model.evaluate({ ...behind, gradient: { ...behind.gradient, unreachable: 'zero' } });
  expect(gradients.get('logits')).toEqual({ shape: logits.shape, data: new Float32Array(logits.data.length) });
});

test('a small memory budget cuts the batch and changes nothing', async () => {
  const query = { input, activations: ['both'], gradient: { of: { kind: 'logit', targets }, at: [INPUT, 'both'] } } as const;
  const whole = await model.evaluate(query);
  const cut = await model.evaluate(query, { memoryBudget: 2 * model.bytesPerSample });
  // Chunks of two may sum in another order.
  whole.logits.data.forEach((value, i) => expect(cut.logits.data[i]).toBeCloseTo(value, 6));
  for (const point of [INPUT, 'both'] as const) {
    expect(gradientAt(cut, point).shape).toEqual(gradientAt(whole, point).shape);
    gradientAt(whole, point).data.forEach((value, i) => expect(gradientAt(cut, point).data[i]).toBeCloseTo(value, 6));
  }
});

test('the hash follows the weights', async () => {
  const before = model.hash;
  expect(model.hash).toBe(before);
  await engine.exclusive(() => {
    const bias = weights.variables.get('logits/bias');
    engine.tf.tidy(() => {
      if (bias !== undefined) bias.assign(engine.tf.add(bias, 1));
    });
  });
  expect(model.hash).not.toBe(before);
});

test('evaluations leave nothing on the engine', async () => {
  const before = engine.tf.memory().numTensors;
  await model.evaluate({ input, activations: ['both'], gradient: { of: { kind: 'margin', targets }, at: [INPUT, 'both'] } });
  expect(engine.tf.memory().numTensors).toBe(before);
});

test('what it cannot answer is a named error', async () => {
  await expect(model.evaluate({ input, activations: ['bth'] })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
  await expect(model.evaluate({ input: { shape: [5, 64], data: input.data } })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  await expect(model.evaluate({ input }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  const other = liveModel(engine, everyLayer, weights);
  await other.dispose();
  await expect(other.evaluate({ input })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
