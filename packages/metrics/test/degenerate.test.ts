import { describe, expect, test } from '@jest/globals';
import { tensor, type FreshExplanation, type LayerParameters, type Metric, type MetricSubject, type ModelAdapter, type Tensor } from '@pellucid/core';
import { analyticModel, convolutionalFormula, normalValues } from '@pellucid/testkit';
import * as metrics from '../src/index.ts';
import { allMetrics } from '../src/metrics-page.ts';

const few: Readonly<Record<string, unknown>> = { steps: 6, draws: 3, subsets: 6, segments: 4, regions: 4, side: 2, k: 5, bins: 10, percents: [20, 60], shift: 2 };
/** Every metric, with few steps. */
const METRICS: readonly Metric[] = Object.values(metrics).flatMap((factory) => {
  if (typeof factory !== 'function' || !('category' in factory)) return [];
  const options = Object.fromEntries(Object.keys(factory.options).flatMap((name) => (few[name] === undefined ? [] : [[name, few[name]]])));
  return [(factory as unknown as (options: object) => Metric)(options)];
});

const [SAMPLES, CLASSES] = [2, 3];
const learnt: readonly LayerParameters[] = [{ layer: 'conv', tensors: new Map([['weights', tensor([2], [1, -1])]]) }];

/** A subject with this map, which stays whatever is explained: its values are a function of the pixel. */
function subjectOf(height: number, width: number, map: (pixel: number, sample: number) => number, inside: (pixel: number) => boolean): MetricSubject {
  const network = convolutionalFormula({ shape: [1, height, width], kernels: 2, classes: CLASSES, seed: 4 });
  const base = analyticModel(network, { capabilities: ['activations'] });
  const model: ModelAdapter = { ...base, parameters: { read: () => Promise.resolve(learnt), replace: () => Promise.resolve(analyticModel(network, { capabilities: ['activations'] })) } };
  const pixels = height * width;
  const maps = (count: number): Tensor => tensor([count, 1, height, width], Array.from({ length: count * pixels }, (_, i) => map(i % pixels, Math.floor(i / pixels) % SAMPLES)));
  const explain: FreshExplanation = ({ input }) => Promise.resolve({ values: maps(input.shape[0] ?? 0), layout: 'NCHW' });
  return {
    model, explain, twin: model, layout: 'NCHW', targets: [0, 2], values: maps(SAMPLES),
    input: tensor([SAMPLES, 1, height, width], [...normalValues(3, 'image', SAMPLES * pixels)]),
    masks: tensor([SAMPLES, height, width], Array.from({ length: SAMPLES * pixels }, (_, i) => (inside(i % pixels) ? 1 : 0))),
    references: { values: maps(3), layout: 'NCHW', predictions: [0, 1, 2] },
  };
}

const random = normalValues(0, 'map', 60);
const left = (pixel: number): boolean => pixel % 6 < 3;
const SUBJECTS: Readonly<Record<string, () => MetricSubject>> = {
  'a map of zeros': () => subjectOf(5, 6, () => 0, left),
  'a constant map': () => subjectOf(5, 6, () => 0.25, left),
  'a constant negative map': () => subjectOf(5, 6, () => -3, left),
  'a map of one pixel': () => subjectOf(5, 6, (pixel) => (pixel === 7 ? 1 : 0), left),
  'a map of two values': () => subjectOf(5, 6, (pixel) => (left(pixel) ? 1 : -1), left),
  'a random map': () => subjectOf(5, 6, (pixel, sample) => random[30 * sample + pixel] ?? 0, left),
  'a map of tiny values': () => subjectOf(5, 6, (pixel, sample) => 1e-30 * (random[30 * sample + pixel] ?? 0), left),
  'a map of huge values': () => subjectOf(5, 6, (pixel, sample) => 1e18 * (random[30 * sample + pixel] ?? 0), left),
  'an empty mask': () => subjectOf(5, 6, (pixel) => pixel, () => false),
  'a full mask': () => subjectOf(5, 6, (pixel) => pixel, () => true),
  'an object of one pixel': () => subjectOf(5, 6, (pixel) => pixel, (pixel) => pixel === 29),
  'an image of one pixel': () => subjectOf(1, 1, () => 2, () => true),
  'an image of one row': () => subjectOf(1, 9, (pixel) => (pixel * 5) % 4, (pixel) => pixel > 5),
  'an image of two rows': () => subjectOf(2, 7, (pixel) => pixel % 3, (pixel) => pixel < 3),
};

test('every metric is here', () => {
  expect(METRICS).toHaveLength(allMetrics().length);
});

describe.each(Object.entries(SUBJECTS))('%s', (_title, make) => {
  test.each(METRICS.map((metric) => [metric.description.name, metric] as const))('%s: a score within its range, or none where its card says so', async (_name, metric) => {
    const { range: [least, greatest] = [NaN, NaN], noScore } = metric.description;
    const scores = await metric.score(make(), { seed: 1 });
    expect(scores).toHaveLength(SAMPLES);
    for (const score of scores) {
      if (Number.isNaN(score)) expect(noScore).toBeDefined();
      else {
        expect(score).toBeGreaterThanOrEqual(least - 1e-9);
        expect(score).toBeLessThanOrEqual(greatest + 1e-9);
      }
    }
  });
});

// Quantus prints what a metric throws and goes on, and takes the options of one metric along to the next.
test.each(METRICS.map((metric) => [metric.description.name, metric] as const))('%s: a model that fails is never passed over', async (_name, metric) => {
  const subject = subjectOf(5, 6, (pixel, sample) => random[30 * sample + pixel] ?? 0, left);
  let asked = 0;
  const fail = (): Promise<never> => {
    asked++;
    return Promise.reject(new Error('the engine is gone'));
  };
  const outcome = await metric.score({ ...subject, model: { ...subject.model, evaluate: fail }, explain: fail }, { seed: 0 }).catch((error: unknown) => String(error));
  expect(outcome === 'Error: the engine is gone').toBe(asked > 0);
});

test.each(METRICS.flatMap((metric) => [NaN, Infinity, -Infinity].map((value) => [metric.description.name, value, metric] as const)))(
  '%s: a map with %d in it has no score by accident', async (_name, value, metric) => {
    const subject = subjectOf(5, 6, (pixel, sample) => (pixel === 8 && sample === 1 ? value : pixel), left);
    await expect(metric.score(subject, { seed: 0 })).rejects.toMatchObject({ code: 'INPUT_NOT_FINITE' });
  },
);

test('a configured metric keeps its options, whatever is made after it', () => {
  const first = metrics.deletion({ steps: 4, substrate: 'blur' });
  const second = metrics.deletion();
  expect([first.options, second.options]).toEqual([{ steps: 4, substrate: 'blur' }, { steps: 32, substrate: 'zero' }]);
});

test('the signs of a map of negative values count where a metric looks for evidence', async () => {
  const subject = subjectOf(5, 6, () => -3, left);
  for (const metric of [metrics.energyInside(), metrics.focus(), metrics.relevanceMassAccuracy()]) {
    // No evidence anywhere is taken as evidence everywhere: the object's share of the image.
    for (const score of await metric.score(subject, { seed: 0 })) expect(score).toBeCloseTo(0.5, 12);
  }
});
