import { expect, test } from '@jest/globals';
import type { ModelAdapter } from '../model/model-adapter.ts';
import type { Capability } from '../model/query.ts';
import { rowSamples } from '../model/row-samples.ts';
import { batchSize, concatBatches } from '../tensor/batch.ts';
import { tensor } from '../tensor/tensor.ts';
import { defineGlobalMethod, defineMethod } from './define-method.ts';
import { explain } from './explain.ts';

/** A factor of each of two samples, bound to the model: y = factor x. */
const FACTORS = [10, 100];
const model: ModelAdapter = {
  name: 'bound', hash: 'abc', backend: { name: 'test', engine: 'test', device: 'cpu', versions: {} },
  input: { name: 'x', shape: [null, 1], layout: 'NC' }, output: { name: 'y', shape: [null, 1], layout: 'NC' },
  classes: 1, layers: [], capabilities: new Set<Capability>(), bytesPerSample: 4, boundSamples: 2,
  evaluate: (query) => {
    const samples = rowSamples(query, batchSize(query.input), [{ name: 'factor', samples: 2 }], 'bound') ?? [];
    const logits = tensor([samples.length, 1], samples.map((sample, row) => FACTORS[sample]! * query.input.data[row]!));
    return Promise.resolve({ output: logits, logits, activations: new Map(), gradients: new Map(), uncovered: [] });
  },
  dispose: () => Promise.resolve(),
};
const paper = { authors: 'A. Author', year: 2000, title: 'On rows', url: 'https://example.org' };

/** Asks about each sample twice, together with all others. */
const twice = defineMethod({
  name: 'twice', title: 'Twice', paper, kind: 'local', needs: [], options: {},
  explain: async (subject, { input }, _, { progress, random }) => {
    const { logits } = await subject.evaluate({ input: concatBatches([input, input]) });
    const count = batchSize(input);
    progress(1, 2);
    progress(2, 2);
    const draws = Array.from({ length: count }, (__, sample) => random(sample, 'draw').integer(1_000_000));
    return { values: tensor([count, 1], Array.from(logits.data.subarray(count))), convergenceDelta: Array.from(logits.data.subarray(0, count)), draws };
  },
});
const input = tensor([2, 1], [3, 4]);

test('a method that repeats samples gets, for each, the values that are bound for it', async () => {
  const steps: number[] = [];
  const { values, provenance } = await explain(model, twice(), { input, onProgress: (done, total) => steps.push(done / total) });
  expect([...values.data]).toEqual([30, 400]);
  expect(provenance.convergenceDelta).toEqual([30, 400]);
  expect(provenance).toMatchObject({ samples: 2, targets: [0, 0] });
  expect(steps).toEqual([0.25, 0.5, 0.75, 1]);
  // Draws belong to the values of a sample, as in a batch that is explained whole.
  const whole = await explain({ ...model, boundSamples: undefined, evaluate: (query) => model.evaluate({ ...query, samples: Array.from(query.input.data, () => 0) }) }, twice(), { input });
  expect(provenance.draws).toEqual(whole.provenance.draws);
});

test('a global method sees each sample with its own values', async () => {
  const sum = defineGlobalMethod({
    name: 'sum', title: 'Sum', paper, kind: 'global', needs: [], options: {},
    begin: () => {
      let total = 0;
      return { add: async (subject, batch) => { total += (await subject.evaluate({ input: batch })).logits.data[0]!; }, map: () => tensor([1, 1], [total]) };
    },
  });
  expect([...(await explain(model, sum(), { input })).values.data]).toEqual([30, 400]);
});

test('a batch of another number of samples is refused before anything runs', async () => {
  await expect(explain(model, twice(), { input: tensor([1, 1], [3]), targets: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/values for 2 samples, and the batch has 1/) });
});

test('methods of maps that share a basis see the batch whole', async () => {
  const all = defineMethod({
    name: 'all', title: 'All', paper, kind: 'batch', needs: [], options: {},
    explain: async (subject, { input: batch }) => ({ values: (await subject.evaluate({ input: batch })).logits }),
  });
  expect([...(await explain(model, all(), { input })).values.data]).toEqual([30, 400]);
});
