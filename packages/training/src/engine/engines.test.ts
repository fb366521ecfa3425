import { afterEach, expect, test } from '@jest/globals';
import { gradientAt, INPUT, sliceBatch, type Tensor } from '@pellucid/core';
import { bars, everyLayer, normalised } from '../../test/bars.ts';
import { initialState } from '../network/initial-state.ts';
import { initialWeights } from '../network/initialise.ts';
import type { NetworkDefinition } from '../network/network.ts';
import { plainCnn } from '../network/plain-cnn.ts';
import type { Weights } from '../network/trained-network.ts';
import { openTrainer, type TrainingEngine } from './open-trainer.ts';
import type { StepResult, Trainer } from './trainer.ts';

const open: Trainer[] = [];
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.dispose();
});

const SEED = 2;
/** So small that weights whose gradient is rounding alone, which Adam moves by as much as any, cannot lead two engines apart. */
const CAREFUL = 1e-5;

async function trainerOn(engine: TrainingEngine, network: NetworkDefinition): Promise<Trainer> {
  const trainer = await openTrainer(network, initialState(network, initialWeights(network, SEED)), engine);
  open.push(trainer);
  return trainer;
}

const { images, labels } = bars(20, 4);

async function run(trainer: Trainer, sizes: readonly number[], learningRate = 0.01): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  let start = 0;
  for (const size of sizes) {
    results.push(await trainer.step(sliceBatch(images, start, start + size), labels.slice(start, start + size), learningRate));
    start += size;
  }
  return results;
}

function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  expect(a?.shape).toEqual(b?.shape);
  const expected = b?.data ?? new Float32Array();
  return (a?.data ?? new Float32Array()).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

function expectSame(a: Weights, b: Weights, bound: number): void {
  expect([...a.keys()]).toEqual([...b.keys()]);
  for (const name of a.keys()) expect([name, largestDifference(a.get(name), b.get(name)) < bound]).toEqual([name, true]);
}

const networks = [plainCnn({ input: [8, 8, 1], classes: 2, width: 4 }), everyLayer, normalised];

test.each(networks)('two engines, differentiated by different programs, take the same steps: $name', async (network) => {
  const [here, there] = [await trainerOn('onnxruntime', network), await trainerOn('wasm', network)];
  const results = [await run(here, [8, 8, 4], CAREFUL), await run(there, [8, 8, 4], CAREFUL)];
  results[0]?.forEach(({ loss, correct }, i) => {
    expect(loss).toBeCloseTo(results[1]?.[i]?.loss ?? NaN, 4);
    expect(correct).toBe(results[1]?.[i]?.correct);
  });
  const [a, b] = [await here.state(), await there.state()];
  expect(a.steps).toBe(3);
  expectSame(a.first, b.first, 1e-5);
  expectSame(a.second, b.second, 1e-5);
  // Weights with gradients well above rounding take steps of the learning rate, equal to some hundredths; 32-bit weights of size 1 resolve no more.
  for (const [name, { data }] of a.weights) {
    const [squares, other] = [a.second.get(name)?.data, b.weights.get(name)?.data];
    const apart = data.filter((value, i) => (squares?.[i] ?? 0) > 1e-9 && !(Math.abs(value - (other?.[i] ?? NaN)) < 3e-2 * CAREFUL));
    expect([name, apart.length]).toEqual([name, 0]);
  }
  expect(largestDifference(await here.logits(images), await there.logits(images))).toBeLessThan(1e-4);
});

test.each(networks)('the model in training gives the same gradients on both: $name', async (network) => {
  const models = [await (await trainerOn('onnxruntime', network)).model(), await (await trainerOn('wasm', network)).model()];
  const [a, b] = await Promise.all(models.map((model) => model.evaluate({ input: images, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } })));
  if (a === undefined || b === undefined) throw new Error('no answers');
  expect(largestDifference(a.logits, b.logits)).toBeLessThan(1e-4);
  expect(largestDifference(gradientAt(a, INPUT), gradientAt(b, INPUT))).toBeLessThan(1e-4);
  expect(models.map(({ input }) => input.layout)).toEqual(['NHWC', 'NHWC']);
  expect(models[0]?.hash).toBe(models[1]?.hash);
});

test.each(['onnxruntime', 'wasm'] as const)('the model in training follows every step, and its hash: %s', async (engine) => {
  const trainer = await trainerOn(engine, normalised);
  const model = await trainer.model();
  const before = { hash: model.hash, ...(await model.evaluate({ input: images })) };
  await run(trainer, [8]);
  const after = await model.evaluate({ input: images });
  expect(largestDifference(after.logits, before.logits)).toBeGreaterThan(1e-3);
  expect(model.hash).not.toBe(before.hash);
});

test.each(['onnxruntime', 'wasm'] as const)('batch normalisation takes the batch in training, and the running means afterwards: %s', async (engine) => {
  const trainer = await trainerOn(engine, normalised);
  const [half, model] = [sliceBatch(images, 0, 10), await trainer.model()];
  const ofHalf = sliceBatch((await model.evaluate({ input: images })).logits, 0, 10);
  expect(largestDifference((await model.evaluate({ input: half })).logits, ofHalf)).toBeGreaterThan(1e-3);
  // A budget that would cut the batch is not followed: the statistics are those of the whole.
  expect(largestDifference((await model.evaluate({ input: images }, { memoryBudget: 1 })).logits, (await model.evaluate({ input: images })).logits)).toBe(0);
  expect(largestDifference(await trainer.logits(half), sliceBatch(await trainer.logits(images), 0, 10))).toBeLessThan(1e-6);
});

test.each(['onnxruntime', 'wasm'] as const)('running means move a tenth of the way to the mean and the unbiased variance of the batch: %s', async (engine) => {
  const first: NetworkDefinition = {
    name: 'first', input: [8, 8, 1], classes: 2,
    layers: [{ kind: 'batch-norm', name: 'norm' }, { kind: 'flatten', name: 'flat' }, { kind: 'dense', name: 'logits', units: 2 }],
  };
  const trainer = await trainerOn(engine, first);
  await run(trainer, [20]);
  const { weights } = await trainer.state();
  const mean = images.data.reduce((sum, value) => sum + value, 0) / images.data.length;
  const variance = images.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (images.data.length - 1);
  expect(weights.get('norm/moving_mean')?.data[0]).toBeCloseTo(0.1 * mean, 6);
  expect(weights.get('norm/moving_variance')?.data[0]).toBeCloseTo(0.9 + 0.1 * variance, 6);
});
