import { mapValues, type Evaluation, type Tensor } from '@pellucid/core';
import { describe, expect, test } from '@jest/globals';
import { backendContract, denseWeights, type ContractNetwork, type SubjectModel } from '../src/index.ts';
import { referenceModel } from './reference-model.ts';

describe('a right backend passes', () => {
  for (const check of backendContract((network) => Promise.resolve(referenceModel(network)))) test(check.name, check.run);
});

type Fault = (model: SubjectModel, network: ContractNetwork) => Partial<SubjectModel>;

/** A model whose answers are changed on the way out. */
const changed = (change: (answer: Evaluation, call: number) => Partial<Evaluation>): Fault => {
  let calls = 0;
  return (model) => ({
    evaluate: async (query, options) => {
      const answer = await model.evaluate(query, options);
      return { ...answer, ...change(answer, calls++) };
    },
  });
};

const scaleAll = <Key>(values: ReadonlyMap<Key, Tensor>, factor: number): ReadonlyMap<Key, Tensor> =>
  new Map([...values].map(([key, value]) => [key, mapValues(value, (x) => factor * x)]));

const faults: readonly (readonly [fault: string, violated: RegExp, change: Fault])[] = [
  ['gradients 0.1 % too large', /finite differences/, changed(({ gradients }) => ({ gradients: scaleAll(gradients, 1.001) }))],
  ['gradients of the wrong sign', /predict any change/, changed(({ gradients }) => ({ gradients: scaleAll(gradients, -1) }))],
  ['activations of another layer', /output, logits and activations/, changed(({ activations }) => ({ activations: scaleAll(activations, 2) }))],
  ['probabilities instead of logits', /softmax network: gives output/, changed(({ output }) => ({ logits: output }))],
  ['answers that drift from call to call', /do not depend on the chunks/, changed(({ output }, call) => ({ output: mapValues(output, (x) => x + call) }))],
  ['answers that nobody asked for', /nothing is answered/, changed(({ logits }) => ({ activations: new Map([['extra', logits]]) }))],
  ['a constant hash', /hash/, () => ({ hash: '0'.repeat(64) })],
  ['layers in another order', /order of execution/, ({ layers }) => ({ layers: layers.toReversed() })],
  ['a missing capability', /describes/, () => ({ capabilities: new Set(['activations'] as const) })],
  ['an abort that is ignored', /aborted/, (model) => ({ evaluate: (query) => model.evaluate(query) })],
  ['answers after dispose', /disposed/, () => ({ dispose: () => Promise.resolve() })],
  ['no check of the input', /NaN/, (model) => ({
    evaluate: (query, options) => model.evaluate({ ...query, input: mapValues(query.input, (x) => (Number.isFinite(x) ? x : 0)) }, options),
  })],
];

test.each(faults)('a backend with %s fails the check that is meant for it', async (_, violated, change) => {
  const checks = backendContract((network) => {
    const model = referenceModel(network);
    return Promise.resolve({ ...model, ...change(model, network) });
  }).filter(({ name }) => violated.test(name));
  expect(checks).not.toHaveLength(0);
  const results = await Promise.allSettled(checks.map(({ run }) => run()));
  expect(results.some(({ status }) => status === 'rejected')).toBe(true);
});

test('dense weights for channels last meet the same values in another order', () => {
  const weights = { shape: [6, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const layer = { kind: 'dense', name: 'd', from: [2, 1, 3], weights, bias: { shape: [1], data: Float32Array.of(0) } } as const;
  expect([...denseWeights(layer, 'channels-last').data]).toEqual([1, 4, 2, 5, 3, 6]);
  expect(denseWeights(layer, 'channels-first')).toBe(weights);
});
