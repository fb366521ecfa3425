import { expect, test } from '@jest/globals';
import type { ModelAdapter } from '../model/model-adapter.ts';
import { gradientAt, INPUT } from '../model/query.ts';
import { defineMethod } from './define-method.ts';
import { explain } from './explain.ts';
import type { MethodFactory } from './method.ts';

const paper = { authors: 'A. Author', year: 2000, title: 'On gradients', url: 'https://example.org' };

const gradient: MethodFactory<'gradient', object> = defineMethod({
  name: 'gradient',
  title: 'Gradient',
  paper,
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    const evaluation = await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } });
    return { values: gradientAt(evaluation, INPUT) };
  },
});

const occluding: MethodFactory<never, object> = defineMethod({
  name: 'occluding',
  title: 'Occluding',
  paper,
  kind: 'local',
  needs: [],
  options: {},
  async explain(model, { input }) {
    // @ts-expect-error: a method that declares no needs may not ask for gradients
    await model.evaluate({ input, gradient: { of: { kind: 'sum-of-logits' }, at: [INPUT] } });
    return { values: input };
  },
});

/** Two outputs: the sum of the input and its negative. It offers its output and nothing else. */
const opaque: ModelAdapter<never> = {
  name: 'opaque',
  hash: '',
  backend: { name: 'test', engine: 'test', device: 'cpu', versions: {} },
  input: { name: 'x', shape: [null, 2], layout: 'NC' },
  output: { name: 'y', shape: [null, 2], layout: 'NC' },
  classes: 2,
  layers: [],
  capabilities: new Set(),
  bytesPerSample: 8,
  evaluate: async ({ input: { shape, data } }) => {
    const sums = Array.from({ length: shape[0]! }, (_, i) => data[2 * i]! + data[2 * i + 1]!);
    const logits = { shape: [sums.length, 2], data: Float32Array.from(sums.flatMap((sum) => [sum, -sum])) };
    return { output: logits, logits, activations: new Map(), gradients: new Map(), uncovered: [] };
  },
  dispose: async () => undefined,
};

const input = { shape: [1, 2], data: Float32Array.of(1, 2) };

test('a method that needs gradients neither compiles nor runs against a model without', async () => {
  // @ts-expect-error: the model offers no gradient
  const attempt = explain(opaque, gradient(), { input });
  await expect(attempt).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
});

test('a method without needs runs against any model, and explains the predicted class', async () => {
  const { provenance } = await explain(opaque, occluding(), { input: { shape: [2, 2], data: Float32Array.of(1, 2, -3, -4) } });
  expect(provenance.targets).toEqual([0, 1]);
});

test('a factory carries its description', () => {
  expect(gradient.name).toBe('gradient');
  expect(gradient.needs).toEqual(['gradient']);
  expect(gradient.paper.year).toBe(2000);
});

test('a model that offers more passes where less is needed, and not the other way round', () => {
  const complete = opaque as unknown as ModelAdapter;
  const able: ModelAdapter<'gradient'> = complete;
  const plain: ModelAdapter<never> = able;
  // @ts-expect-error: a model without gradients is no model with gradients
  const unable: ModelAdapter<'gradient'> = plain;
  expect([able, plain, unable]).toEqual([opaque, opaque, opaque]);
});
