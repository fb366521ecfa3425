import { expect, test } from '@jest/globals';
import {
  defineMethod, gradientAt, INPUT, mapValues, sampleData, sliceBatch, tensor, zeros, type MethodFactory, type SampleMethodDefinition, type Tensor,
} from '@pellucid/core';
import { methodContract, type MethodContractSettings } from './method-contract.ts';

type Definition = SampleMethodDefinition<'gradient', object>;

const right: Definition = {
  name: 'gradient',
  title: 'Gradient',
  paper: { authors: 'A. Author', year: 2000, title: 'On gradients', url: 'https://example.org' },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    return { values: gradientAt(await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } }), INPUT) };
  },
};
const make = (changes: Partial<Definition>): MethodFactory<'gradient', object> => defineMethod({ ...right, ...changes });

/** The right maps with errors, of one draw; what it knows of each sample's on the way is given. */
async function estimating([model, batch, options, context]: Parameters<Definition['explain']>, known: (map: Tensor) => Tensor): ReturnType<Definition['explain']> {
  const { values } = await right.explain(model, batch, options, context);
  batch.targets.forEach((_, sample) => {
    const map = known(sliceBatch(values, sample, sample + 1));
    context.estimate(() => ({ sample, values: map, standardError: zeros(map.shape), draws: 1 }));
  });
  return { values, standardError: zeros(values.shape), draws: batch.targets.map(() => 1) };
}

/** The names of the checks that a method fails, and what they say. */
async function failures(changes: Partial<Definition>, settings: MethodContractSettings<object> = {}): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of methodContract(make(changes), settings)) {
    await run().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
  }
  return failed;
}

test('a right method passes', async () => {
  expect(await failures({}, { linear: (weight) => weight })).toEqual([]);
});

test('a right method that tells its estimates passes', async () => {
  expect(await failures({ explain: (...given) => estimating(given, (map) => map) })).toEqual([]);
});

test.each<[string, Partial<Definition>, string]>([
  ['a name that is not in kebab case', { name: 'Gradient' }, 'is described completely'],
  ['a paper without an address', { paper: { ...right.paper, url: 'see the journal' } }, 'is described completely'],
  ['a default that its own option refuses', {
    options: { steps: { type: 'integer', description: 'How many.', default: 0, accepts: (value: unknown): value is number => value === 1 } },
  } as Partial<Definition>, 'describes its options'],
  ['needs that are not named', { needs: [] as Definition['needs'] }, 'makes a finite map per sample'],
  ['a normalisation by the largest value of the batch', {
    explain: async (...given) => {
      const { values } = await right.explain(...given);
      const largest = values.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      return { values: mapValues(values, (value) => value / largest) };
    },
  }, 'explains a sample alone as in a batch'],
  ['the gradient of the first sample for all', {
    explain: async (...given) => {
      const { values } = await right.explain(...given);
      for (let sample = 1; sample < values.shape[0]!; sample++) sampleData(values, sample).set(sampleData(values, 0));
      return { values };
    },
  }, 'does not mind the order of a batch'],
  ['random numbers without the seed', {
    explain: async (...given) => ({ values: mapValues((await right.explain(...given)).values, (value) => value * Math.random()) }),
  }, 'gives the same bits for the same seed'],
  ['maps of zeros', {
    explain: async (...given) => ({ values: mapValues((await right.explain(...given)).values, () => 0) }),
  }, 'makes a finite map per sample'],
  ['maps that are not finite', {
    explain: async (...given) => ({ values: mapValues((await right.explain(...given)).values, (value) => 1 / Math.min(value, 0)) }),
  }, 'makes a finite map per sample'],
  ['an input that is overwritten', {
    explain: async (model, batch, ...rest) => {
      const attribution = await right.explain(model, batch, ...rest);
      batch.input.data[0] = 0;
      return attribution;
    },
  }, 'leaves the input as it was'],
  ['channels first, whatever the layout', {
    explain: async (model, batch, ...rest) => {
      const { values } = await right.explain(model, batch, ...rest);
      return { values: { shape: values.shape, data: values.data.map((value, i) => value * (i % 7)) } };
    },
  }, 'follows the layout of the model'],
  ['an abort that is swallowed', {
    explain: (model, batch, ...rest) => Promise.resolve(right.explain(model, batch, ...rest)).catch(() => ({ values: batch.input })),
  }, 'stops when it is aborted'],
  ['a batch that outgrows the memory', {
    explain: async (model, batch, ...rest) => {
      const { input } = batch;
      await model.evaluate({ input: { shape: [10 * input.shape[0]!, ...input.shape.slice(1)], data: new Float32Array(10 * input.data.length) } });
      return right.explain(model, batch, ...rest);
    },
  }, 'gives the same answer in any amount of memory'],
  ['progress beyond what there is', {
    explain: async (model, batch, options, context) => {
      context.progress(2, 1);
      return right.explain(model, batch, options, context);
    },
  }, 'tells how far it is'],
  ['progress that goes back', {
    explain: async (model, batch, options, context) => {
      for (const done of [2, 1, 3]) context.progress(done, 3);
      return right.explain(model, batch, options, context);
    },
  }, 'tells how far it is'],
  ['estimates that are no maps', { explain: (...given) => estimating(given, () => tensor([1, 1], [0])) }, 'tells how far it is, and what it knows by then: Error: an estimate has the shape'],
  ['estimates of another map', { explain: (...given) => estimating(given, (map) => mapValues(map, (value) => value + 1)) }, 'tells how far it is, and what it knows by then: Error: the last estimate'],
  ['twice the gradient', {
    explain: async (...given) => ({ values: mapValues((await right.explain(...given)).values, (value) => 2 * value) }),
  }, 'gives the known answer for a linear model'],
])('finds %s', async (_, changes, expected) => {
  const failed = await failures(changes, { linear: (weight) => weight });
  expect(failed.some((failure) => failure.startsWith(expected))).toBe(true);
});

test('finds a map that does not sum to what it claims', async () => {
  const failed = await failures({}, { complete: true });
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatch(/is complete.*sums to f\(x\) - f\(0\)/);
});
