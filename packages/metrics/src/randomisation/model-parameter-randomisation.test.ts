import { expect, test } from '@jest/globals';
import { mapValues, tensor, type FreshExplanation, type LayerParameters, type MetricSubject, type ModelAdapter, type Tensor } from '@pellucid/core';
import { analyticModel as formulaModel, convolutionalFormula } from '@pellucid/testkit';
import { linearSubject, randomTensor } from '../../test/linear-subject.ts';
import { efficientModelParameterRandomisation, histogramEntropy } from './efficient-model-parameter-randomisation.ts';
import { modelParameterRandomisation } from './model-parameter-randomisation.ts';
import { smoothModelParameterRandomisation } from './smooth-model-parameter-randomisation.ts';
import { randomisedLayers } from './randomised-models.ts';

const LAYERS = ['first', 'second', 'third'];
const learnt = new Map(LAYERS.map((name) => [name, randomTensor([4, 3, 3], 'learnt')]));

/** A model of three layers that records what is replaced, and the tensors that the copies hold by their names. */
function recordingSubject(): { readonly subject: MetricSubject; readonly copies: Map<ModelAdapter<never>, ReadonlyMap<string, Tensor>>; readonly disposed: ModelAdapter[] } {
  const base = linearSubject(3, 4, 'true');
  const model = formulaModel(convolutionalFormula({ shape: [1, 3, 4], kernels: 1, classes: 2 }));
  const copies = new Map<ModelAdapter<never>, ReadonlyMap<string, Tensor>>();
  const disposed: ModelAdapter[] = [];
  const parameters = {
    read: () => Promise.resolve(LAYERS.map((layer): LayerParameters => ({ layer, tensors: new Map([[layer, learnt.get(layer) ?? tensor([0], [])]]) }))),
    replace: (tensors: ReadonlyMap<string, Tensor>) => {
      const copy: ModelAdapter = { ...model, dispose: () => {
        disposed.push(copy);
        return Promise.resolve();
      } };
      copies.set(copy, tensors);
      return Promise.resolve(copy);
    },
  };
  return { subject: { ...base, model: { ...model, parameters } }, copies, disposed };
}
const explainedBy = (maps: (model: ModelAdapter<never> | undefined, input: Tensor) => Tensor): FreshExplanation =>
  ({ input, model }) => Promise.resolve({ values: maps(model, input), layout: 'NCHW' });

test('layers lose what they learnt from the output down, from the input up, or each by itself', () => {
  const layers = LAYERS.map((layer): LayerParameters => ({ layer, tensors: new Map() }));
  const names = (order: 'cascading' | 'bottom-up' | 'independent'): string[][] => randomisedLayers(layers, order).map((step) => step.map(({ layer }) => layer));
  expect(names('cascading')).toEqual([['third'], ['third', 'second'], ['third', 'second', 'first']]);
  expect(names('bottom-up')).toEqual([['first'], ['first', 'second'], ['first', 'second', 'third']]);
  expect(names('independent')).toEqual([['first'], ['second'], ['third']]);
});

test('a map that ignores the model scores 1; the model as it is does not count', async () => {
  const { subject, copies, disposed } = recordingSubject();
  const explain = explainedBy(() => subject.values);
  expect((await modelParameterRandomisation().score({ ...subject, explain }, { seed: 0 }))[0]).toBeCloseTo(1, 12);
  expect(copies.size).toBe(3);
  expect(disposed).toHaveLength(3);
  const turned = explainedBy((model) => (model === subject.model ? subject.values : mapValues(subject.values, (value) => 1 / value)));
  expect((await modelParameterRandomisation().score({ ...subject, explain: turned }, { seed: 0 }))[0]).toBeCloseTo(-1, 12);
});

test('every layer has random numbers of its own, in every axis, of its own mean and deviation', async () => {
  const { subject, copies } = recordingSubject();
  await modelParameterRandomisation().score({ ...subject, explain: explainedBy(() => subject.values) }, { seed: 0 });
  const all = [...copies.values()].at(-1) ?? new Map<string, Tensor>();
  const drawn = LAYERS.map((name) => [...(all.get(name)?.data ?? [])]);
  // Equal tensors before: equal seeds would give equal ones after.
  expect(new Set(drawn.map((values) => values.join())).size).toBe(3);
  for (const values of drawn) {
    expect(new Set(values).size).toBe(36);
    expect(values.filter((value) => learnt.get('first')?.data.includes(value))).toHaveLength(0);
    const [mean, original] = [values, [...(learnt.get('first')?.data ?? [])]].map((list) => list.reduce((a, b) => a + b, 0) / 36);
    expect(Math.abs((mean ?? NaN) - (original ?? NaN))).toBeLessThan(5 / Math.sqrt(36));
  }
});

test('what is never negative stays so: a normalisation takes the root of a variance', async () => {
  const { subject, copies } = recordingSubject();
  const replace = subject.model.parameters?.replace ?? (() => Promise.reject(new Error('no parameters')));
  const variance = tensor([64], Float32Array.from({ length: 64 }, (_, i) => (i % 8 === 0 ? 5 : 0.01)));
  const parameters = { read: () => Promise.resolve([{ layer: 'norm', tensors: new Map([['variance', variance]]) }]), replace };
  await modelParameterRandomisation().score({ ...subject, model: { ...subject.model, parameters }, explain: explainedBy(() => subject.values) }, { seed: 0 });
  const drawn = [...copies.values()][0]?.get('variance')?.data ?? new Float32Array(0);
  expect(drawn.every((value) => value >= 0)).toBe(true);
  expect(new Set(drawn).size).toBe(64);
});

test('copies are disposed of when the method fails', async () => {
  const { subject, disposed } = recordingSubject();
  const explain: FreshExplanation = () => Promise.reject(new Error('no map'));
  await expect(modelParameterRandomisation().score({ ...subject, explain }, { seed: 0 })).rejects.toThrow('no map');
  expect(disposed).toHaveLength(1);
});

test('a model that does not show its parameters is a typed error', async () => {
  await expect(modelParameterRandomisation().score(linearSubject(3, 4, 'true'), { seed: 0 })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
});

test('the entropy of a histogram, by hand', () => {
  expect(histogramEntropy(Float64Array.of(3, 3, 3), 10)).toBe(0);
  expect(histogramEntropy(Float64Array.of(0, 1, 2, 3), 4)).toBeCloseTo(Math.log(4), 12);
  expect(histogramEntropy(Float64Array.of(0, 0, 0, 9), 4)).toBeCloseTo(0.75 * Math.log(4 / 3) + 0.25 * Math.log(4), 12);
});

test('the efficient form randomises all layers at once: 0 for a map that stays, above 0 for one that gets richer', async () => {
  const { subject, copies } = recordingSubject();
  const two = { ...subject, values: mapValues(subject.values, (value) => (value > 0 ? 1 : 0)) };
  const metric = efficientModelParameterRandomisation();
  expect((await metric.score({ ...two, explain: explainedBy(() => two.values) }, { seed: 0 }))[0]).toBe(0);
  expect([...copies.values()].map((tensors) => tensors.size)).toEqual([3]);
  expect((await metric.score({ ...two, explain: explainedBy(() => subject.values) }, { seed: 0 }))[0]).toBeGreaterThan(0);
  expect((await metric.score({ ...two, values: mapValues(two.values, () => 1), explain: explainedBy(() => subject.values) }, { seed: 0 }))[0]).toBeNaN();
});

test('the smooth form averages the maps of the same noisy copies by every model', async () => {
  const { subject, copies } = recordingSubject();
  const asked = new Map<ModelAdapter<never> | undefined, number[]>();
  const explain: FreshExplanation = ({ input, model }) => {
    asked.set(model, [...(asked.get(model) ?? []), ...input.data]);
    return Promise.resolve({ values: input, layout: 'NCHW' });
  };
  const [score] = await smoothModelParameterRandomisation({ draws: 4 }).score({ ...subject, explain }, { seed: 0 });
  expect(score).toBeCloseTo(1, 12);
  expect([...asked.keys()]).toEqual([undefined, ...copies.keys()]);
  for (const values of asked.values()) expect(values).toEqual(asked.get(undefined));
  expect(asked.get(undefined)).toHaveLength(4 * 12);
});
