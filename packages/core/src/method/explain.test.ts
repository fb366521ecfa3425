import { expect, test } from '@jest/globals';
import type { ModelAdapter } from '../model/model-adapter.ts';
import { gradientAt, INPUT, type Capability } from '../model/query.ts';
import { batchSize } from '../tensor/batch.ts';
import { tensor, zeros } from '../tensor/tensor.ts';
import { defineGlobalMethod, defineMethod } from './define-method.ts';
import { explain } from './explain.ts';
import type { MethodContext, MethodFactory, SampleMethod } from './method.ts';
import { integerOption } from './options.ts';

const WEIGHTS: readonly (readonly [number, number])[] = [[1, 2], [3, -1], [0, 1]];

/** Three logits of two inputs, with the gradient of a target's logit. */
const model: ModelAdapter = {
  name: 'linear.onnx',
  hash: 'abc',
  backend: { name: 'test', engine: 'test', device: 'cpu', versions: {} },
  input: { name: 'x', shape: [null, 2], layout: 'NC' },
  output: { name: 'y', shape: [null, 3], layout: 'NC' },
  classes: 3,
  layers: [],
  capabilities: new Set<Capability>(['gradient']),
  bytesPerSample: 100,
  evaluate: async ({ input, gradient }) => {
    const rows = Array.from({ length: batchSize(input) }, (_, n) => WEIGHTS.map(([a, b]) => a * input.data[2 * n]! + b * input.data[2 * n + 1]!));
    const logits = tensor([rows.length, 3], rows.flat());
    const targets = gradient?.of.kind === 'logit' ? gradient.of.targets : [];
    const slopes = tensor([targets.length, 2], targets.flatMap((target) => WEIGHTS[target]!));
    return Promise.resolve({ output: logits, logits, activations: new Map(), gradients: new Map([[INPUT, slopes]]), uncovered: ['Softmax', 'Softmax'] });
  },
  dispose: () => Promise.resolve(),
};
const input = tensor([2, 2], [1, 0, 0, 5]);
const paper = { authors: 'A. Author', year: 2000, title: 'On gradients', url: 'https://example.org' };

const gradient: MethodFactory<'gradient', { readonly power: number }> = defineMethod({
  name: 'gradient', title: 'Gradient', paper, kind: 'local', needs: ['gradient'], options: { power: integerOption(1, 1, 'Not used.') },
  explain: async (subject, { input: batch, objective }, _, context) => {
    context.note('a note');
    context.progress(1, 1);
    return { values: gradientAt(await subject.evaluate({ input: batch, gradient: { of: objective, at: [INPUT] } }), INPUT), convergenceDelta: [0.5, 0.25] };
  },
});

/** A method that hands out its context. */
function spy(): { readonly method: SampleMethod<never>; readonly contexts: MethodContext[] } {
  const contexts: MethodContext[] = [];
  const factory = defineMethod({
    name: 'spy', title: 'Spy', paper, kind: 'local', needs: [], options: {},
    explain: async (_, { input: batch }, __, context) => {
      contexts.push(context);
      return Promise.resolve({ values: zeros(batch.shape) });
    },
  });
  return { method: factory(), contexts };
}

test('explains the predicted class of each sample unless told otherwise', async () => {
  const { values, provenance } = await explain(model, gradient(), { input });
  expect(provenance.targets).toEqual([1, 0]);
  expect([...values.data]).toEqual([3, -1, 1, 2]);
  expect((await explain(model, gradient(), { input, targets: 2 })).provenance.targets).toEqual([2, 2]);
  expect((await explain(model, gradient(), { input, targets: [2, 0] })).provenance.targets).toEqual([2, 0]);
});

test('the provenance says how the map was made, as plain data', async () => {
  const progress: number[][] = [];
  const { provenance } = await explain(model, gradient({ power: 3 }), { input, seed: 9, onProgress: (...at) => progress.push(at) });
  expect(JSON.parse(JSON.stringify(provenance))).toEqual({ ...provenance });
  expect(provenance).toMatchObject({
    method: 'gradient', options: { power: 3 }, objective: 'logit', seed: 9, model: { name: 'linear.onnx', hash: 'abc' },
    layout: 'NC', convergenceDelta: [0.5, 0.25], passes: { forward: 4, backward: 2 }, samples: 2, uncovered: ['Softmax'], notes: ['a note'],
  });
  expect(provenance.layer).toBeUndefined();
  expect(provenance.wallTimeMs).toBeGreaterThanOrEqual(0);
  expect(progress).toEqual([[1, 1]]);
});

test.each<[string, object, string]>([
  ['a target beyond the classes', { input, targets: 3 }, 'TARGET_OUT_OF_RANGE'],
  ['a negative target', { input, targets: [0, -1] }, 'TARGET_OUT_OF_RANGE'],
  ['a broken target', { input, targets: 0.5 }, 'TARGET_OUT_OF_RANGE'],
  ['too few targets', { input, targets: [1] }, 'SHAPE_MISMATCH'],
  ['another input shape', { input: tensor([1, 3], [1, 2, 3]) }, 'SHAPE_MISMATCH'],
  ['NaN', { input: tensor([1, 2], [1, NaN]) }, 'INPUT_NOT_FINITE'],
  ['references of another shape', { input, references: tensor([1, 3], [1, 2, 3]) }, 'SHAPE_MISMATCH'],
  ['a negative seed', { input, seed: -1 }, 'OPTION_INVALID'],
  ['a memory budget of nothing', { input, memoryBudget: 0 }, 'OPTION_INVALID'],
  ['a memory budget that is no number', { input, memoryBudget: NaN }, 'OPTION_INVALID'],
  ['a standard error of nothing', { input, standardError: 0 }, 'OPTION_INVALID'],
  ['a fractional seed', { input, seed: 0.5 }, 'OPTION_INVALID'],
  ['a stream for a method of single samples', { batches: [input] }, 'REQUEST_INVALID'],
  ['an abort', { input, signal: AbortSignal.abort() }, 'ABORTED'],
])('refuses %s', async (_, request, code) => {
  await expect(explain(model, gradient(), request as Parameters<typeof explain>[2])).rejects.toMatchObject({ code });
});

test('an objective that the model has not is refused, whether or not the method asks for gradients', async () => {
  const blind = defineMethod({
    name: 'blind', title: 'Blind', paper, kind: 'local', needs: [], options: {}, explain: async (_, batch) => Promise.resolve({ values: batch.input }),
  });
  const single = { ...model, classes: 1 };
  for (const objective of ['margin', 'probability', 'log-probability'] as const) {
    await expect(explain(single, blind(), { input, targets: 0, objective })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(explain(model, blind(), { input, targets: 0, objective })).resolves.toBeDefined();
  }
  await expect(explain(single, blind(), { input, targets: 0 })).resolves.toBeDefined();
  const unknown = 'logits' as 'logit';
  await expect(explain(model, blind(), { input, targets: 0, objective: unknown })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

test('the chunk size follows the memory, between one sample and 64', async () => {
  for (const [memoryBudget, expected] of [[1, 1], [250, 2], [6400, 64], [1e9, 64], [undefined, 64]] as const) {
    const { method, contexts } = spy();
    await explain(model, method, { input, targets: 0, memoryBudget });
    expect(contexts[0]?.chunkSize).toBe(expected);
  }
});

test('random numbers belong to the seed, the purpose and the values of a sample, not to its place', async () => {
  const { method, contexts } = spy();
  const turned = tensor([2, 2], [0, 5, 1, 0]);
  await explain(model, method, { input, targets: 0, seed: 1 });
  await explain(model, method, { input: turned, targets: 0, seed: 1 });
  await explain(model, method, { input, targets: 0, seed: 2 });
  const draw = (run: number, sample: number, name: string): number => contexts[run]!.random(sample, name).bits();
  expect(draw(0, 0, 'noise')).toBe(draw(1, 1, 'noise'));
  expect(draw(0, 0, 'noise')).not.toBe(draw(0, 1, 'noise'));
  expect(draw(0, 0, 'noise')).not.toBe(draw(0, 0, 'mask'));
  expect(draw(0, 0, 'noise')).not.toBe(draw(2, 0, 'noise'));
});

const counting = defineGlobalMethod({
  name: 'count', title: 'Count', paper, kind: 'global', needs: [], options: {},
  begin: () => {
    let samples = 0;
    return {
      add: async (_, batch) => { samples += batchSize(batch); return Promise.resolve(); },
      map: () => tensor([1, 1], [samples]),
    };
  },
});

test('a global method makes one map of a stream, or one per sample', async () => {
  const done: number[] = [];
  const stream = await explain(model, counting(), { batches: [input, input, input], onProgress: (samples) => done.push(samples) });
  expect(stream.values).toEqual(tensor([1, 1], [6]));
  expect(stream.provenance).toMatchObject({ samples: 6, targets: [], objective: 'sum-of-logits' });
  expect(done).toEqual([2, 4, 6]);
  expect((await explain(model, counting(), { input })).values).toEqual(tensor([2, 1], [1, 1]));
});

test('every batch of a stream is checked', async () => {
  const attempt = explain(model, counting(), { batches: [input, tensor([1, 2], [0, Infinity])] });
  await expect(attempt).rejects.toMatchObject({ code: 'INPUT_NOT_FINITE' });
});

test('an abort between two batches of a stream ends it', async () => {
  const controller = new AbortController();
  const batches = function* (): Generator<typeof input> {
    yield input;
    controller.abort();
    yield input;
  };
  await expect(explain(model, counting(), { batches: batches(), signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('scores that are not finite predict nothing; maps that are not finite are noted, sample by sample', async () => {
  // An overflow where the first input is above 1.
  const overflowing: ModelAdapter = {
    ...model,
    evaluate: async (query, options) => {
      const evaluation = await model.evaluate(query, options);
      const spoil = (values: typeof evaluation.logits): typeof evaluation.logits => {
        const width = values.shape[1]!;
        return { shape: values.shape, data: values.data.map((value, i) => (query.input.data[2 * Math.floor(i / width)]! > 1 ? NaN : value)) };
      };
      return { ...evaluation, logits: spoil(evaluation.logits), gradients: new Map([...evaluation.gradients].map(([at, values]) => [at, spoil(values)])) };
    },
  };
  const samples = tensor([3, 2], [1, 0, 5, 0, 0, 1]);
  await expect(explain(overflowing, gradient(), { input: samples })).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('sample 1') });
  const { values, provenance } = await explain(overflowing, gradient(), { input: samples, targets: 0 });
  expect([...values.data]).toEqual([1, 2, NaN, NaN, 1, 2]);
  expect(provenance.notes).toEqual(['a note', expect.stringContaining('sample 1:')]);
});
