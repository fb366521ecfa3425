import { expect, test } from '@jest/globals';
import { mapValues, tensor, zeros, type LayerInfo, type Metric, type MetricSubject } from '@pellucid/core';
import { analyticModel as formulaModel, convolutionalFormula } from '@pellucid/testkit';
import { explainBy, linearSubject, randomTensor } from '../../test/linear-subject.ts';
import { averageSensitivity } from './average-sensitivity.ts';
import { consistency } from './consistency.ts';
import { continuity } from './continuity.ts';
import { localLipschitzEstimate } from './local-lipschitz-estimate.ts';
import { maxSensitivity } from './max-sensitivity.ts';
import { relativeInputStability } from './relative-input-stability.ts';
import { relativeOutputStability } from './relative-output-stability.ts';
import { relativeRepresentationStability } from './relative-representation-stability.ts';

const scoreOf = async (metric: Metric, subject: MetricSubject): Promise<number> => (await metric.score(subject, { seed: 0 }))[0]!;
const base = linearSubject(4, 4, 'true');
const constant: MetricSubject = { ...base, explain: explainBy((input) => mapValues(input, () => 2)), values: mapValues(base.input, () => 2) };
/** A map that is k times the input. */
const scaled = (k: number): MetricSubject => ({ ...base, explain: explainBy((input) => mapValues(input, (x) => k * x)), values: mapValues(base.input, (x) => k * x) });
const SENSITIVE: [string, Metric][] = [
  ['max-sensitivity', maxSensitivity()], ['average sensitivity', averageSensitivity()], ['local Lipschitz estimate', localLipschitzEstimate()],
  ['relative input stability', relativeInputStability()], ['relative output stability', relativeOutputStability()],
];

test.each([...SENSITIVE, ['continuity', continuity()]] as [string, Metric][])('%s of a map that never changes is 0', async (_, metric) => {
  expect(await scoreOf(metric, constant)).toBe(0);
});

test.each([...SENSITIVE, ['continuity', continuity()]] as [string, Metric][])('%s needs a way to make fresh maps', async (_, metric) => {
  await expect(metric.score(base, { seed: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('the Lipschitz constant of k times the input is k', async () => {
  expect(await scoreOf(localLipschitzEstimate(), scaled(3))).toBeCloseTo(3, 5);
  expect(await scoreOf(localLipschitzEstimate(), scaled(-0.5))).toBeCloseTo(0.5, 5);
});

test('sensitivities of the input as a map are the relative sizes of the noise: the scale of the map does not matter', async () => {
  const norm = Math.hypot(...base.input.data);
  const [largest, mean] = [await scoreOf(maxSensitivity({ radius: 0.1 }), scaled(1)), await scoreOf(averageSensitivity({ radius: 0.1 }), scaled(1))];
  expect(largest).toBeLessThanOrEqual((0.1 * Math.sqrt(16)) / norm);
  expect(mean).toBeLessThan(largest);
  // Uniform noise in [-r, r] has the standard deviation r / sqrt(3).
  expect(mean / ((0.1 * 4) / Math.sqrt(3) / norm)).toBeCloseTo(1, 0);
  expect(await scoreOf(maxSensitivity({ radius: 0.1 }), scaled(7))).toBeCloseTo(largest, 5);
});

test('a map of zeros that stays so is as stable as can be', async () => {
  for (const [, metric] of SENSITIVE) expect(await scoreOf(metric, scaled(0))).toBe(0);
});

test('relative input stability of k times the input is 1', async () => {
  expect(await scoreOf(relativeInputStability({ deviation: 0.01 }), scaled(4))).toBeCloseTo(1, 3);
});

test('stability is no number where every neighbour is of another class', async () => {
  // Only the sample itself is of class 0.
  const flips: MetricSubject = {
    ...scaled(1),
    model: { ...base.model, evaluate: ({ input }) => {
      const logits = tensor([input.shape[0]!, 2], Array.from({ length: input.shape[0]! }, (_, i) => {
        const same = base.input.data.every((value, k) => value === input.data[i * 16 + k]);
        return same ? [1, 0] : [0, 1];
      }).flat());
      return Promise.resolve({ output: logits, logits, activations: new Map(), gradients: new Map(), uncovered: [] });
    } },
  };
  expect(await scoreOf(relativeInputStability(), flips)).toBeNaN();
});

test('continuity of the input as a map, by hand', async () => {
  const row = linearSubject(1, 3, [1, 0, 0], [1, 0, 0]);
  const subject: MetricSubject = { ...row, explain: explainBy((input) => input) };
  // To the right: [0, 1, 0], 2 / sqrt(2); to the left nothing is left: 1 / 1.
  expect(await scoreOf(continuity({ shift: 1 }), subject)).toBeCloseTo(Math.SQRT2, 6);
  expect(await scoreOf(continuity({ shift: 99 }), { ...subject, input: zeros([1, 1, 1, 3]), values: zeros([1, 1, 1, 3]) })).toBe(0);
});

test('relative representation stability reads the layer that is named, and says what is missing', async () => {
  const network = convolutionalFormula({ shape: [1, 4, 4], kernels: 2, classes: 3, seed: 5 });
  const input = randomTensor([1, 1, 4, 4], 'image');
  const subject: MetricSubject = {
    model: formulaModel(network, { capabilities: ['activations'] }), input, targets: [0], values: input, layout: 'NCHW', explain: explainBy((batch) => batch),
  };
  const of = (layer: string): Promise<number> => scoreOf(relativeRepresentationStability({ layer, deviation: 0.01 }), subject);
  expect(await of('conv')).not.toBe(await of('dense'));
  await expect(relativeRepresentationStability({ layer: 'no' }).score(subject, { seed: 0 })).rejects.toMatchObject({ code: 'LAYER_NOT_FOUND' });
  await expect(relativeRepresentationStability().score({ ...subject, model: base.model }, { seed: 0 })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  const bare = { ...subject.model, layers: [] as LayerInfo[] };
  await expect(relativeRepresentationStability().score({ ...subject, model: bare }, { seed: 0 })).rejects.toMatchObject({ code: 'LAYER_UNSUITABLE' });
});

test('consistency counts references with the same highest values', async () => {
  const subject = linearSubject(2, 2, [9, 8, 1, 0], [1, 1, 1, 1]);
  const predicted = subject.weights.reduce((a, b) => a + b) > 0 ? 0 : 1;
  const references = { values: tensor([3, 1, 2, 2], [1, 2, 0, 0, 5, 4, 3, 2, 0, 0, 1, 1]), layout: 'NCHW' as const, predictions: [predicted, 1 - predicted, predicted] };
  expect(await scoreOf(consistency({ top: 2 }), { ...subject, references })).toBe(0.5);
  expect(await scoreOf(consistency({ top: 2 }), { ...subject, values: tensor([1, 1, 2, 2], [1, 0, 1, 0]), references })).toBeNaN();
  await expect(consistency().score({ ...subject, references: { ...references, predictions: [0] } }, { seed: 0 })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  await expect(consistency().score(subject, { seed: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
