import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { argmax, imageGeometry, sampleData, tensor, zeros, type FreshExplanation, type Metric, type MetricSubject, type ModelAdapter, type Query } from '@pellucid/core';
import { meanSquaredGap } from '../src/faithfulness/infidelity.ts';
import { areaUnderCurve, perturbationCurves } from '../src/faithfulness/perturbation-curve.ts';
import {
  averageSensitivity, consistency, continuity, effectiveComplexity, energyInside, entropy, faithfulnessCorrelation, faithfulnessEstimate, focus, irof, localLipschitzEstimate, maxSensitivity,
  monotonicityNguyen, nonSensitivity, pixelFlipping, pointingGame, randomLogit, regionPerturbation, relativeInputStability, relativeOutputStability,
  relativeRepresentationStability, relevanceMassAccuracy, relevanceRankAccuracy, rocAuc, selectivity, sensitivityN, sparseness, sufficiency, topKIntersection,
} from '../src/index.ts';
import { histogramEntropy } from '../src/randomisation/efficient-model-parameter-randomisation.ts';
import { imputeLinearly } from '../src/removal/noisy-linear.ts';
import { analyticModel } from './analytic-model.ts';

interface Infidelity {
  readonly scores: number[];
  readonly predicted: number[][];
  readonly differences: number[][];
}

/** Written by tools/reference/write_metric_references.py with Quantus 0.6 and Captum. */
const stored = JSON.parse(readFileSync(join(import.meta.dirname, 'references', 'scores.json'), 'utf8')) as {
  readonly network: { readonly first: number[][]; readonly second: number[][]; readonly bias: number[] };
  readonly images: number[][][][];
  readonly maps: number[][][][];
  readonly masks: number[][][];
  readonly targets: number[];
  /** 1 where `effective-complexity` and `non-sensitivity` were given maps of 0. */
  readonly thinned: number[][];
  /** Whether each quarter of an image shows the class, row-major. */
  readonly mosaics: boolean[][];
  readonly scores: Readonly<Record<string, (number | number[])[]>>;
  readonly irof: readonly { readonly score: number; readonly curve: number[] }[];
  /** Samples that `consistency` and `sufficiency` compare: which image, which map, and by how much it is multiplied. */
  readonly company: readonly (readonly [number, number, number])[];
  readonly infidelity: Infidelity;
  readonly 'infidelity-normalised': Infidelity;
  readonly imputation: { readonly unknown: number[]; readonly image: number[] };
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
const { first, second, bias } = stored.network;
const hiddenOf = (x: ArrayLike<number>): number[] => first.map((row) => Math.tanh(dot(x, row)));
const { model } = analyticModel([1, 8, 6], 'NCHW', (x) => {
  const hidden = hiddenOf(x);
  return second.map((row, k) => dot(hidden, row) + bias[k]!);
});
const subject: MetricSubject = {
  model,
  input: tensor([3, 1, 8, 6], stored.images.flat(3)),
  values: tensor([3, 1, 8, 6], stored.maps.flat(3)),
  masks: tensor([3, 8, 6], stored.masks.flat(2)),
  targets: stored.targets,
  layout: 'NCHW',
};
const context = { seed: 0 };
/** The references ran in single precision: seven digits, a few lost in differences of logits. */
const DIGITS = 5;

function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => { expect(actual[i]).toBeCloseTo(value, DIGITS); });
}

const magnitude = { evidence: 'magnitude' } as const;
test.each<[string, Metric]>([
  ['sparseness', sparseness()],
  ['entropy', entropy()],
  ['pointing-game', pointingGame(magnitude)],
  ['energy-inside', energyInside(magnitude)],
  ['top-k-intersection', topKIntersection({ k: 10, ...magnitude })],
  ['relevance-mass-accuracy', relevanceMassAccuracy(magnitude)],
  ['relevance-rank-accuracy', relevanceRankAccuracy(magnitude)],
  ['roc-auc', rocAuc(magnitude)],
  ['faithfulness-estimate', faithfulnessEstimate({ steps: 12 })],
])('%s is that of Quantus', async (name, metric) => {
  close(await metric.score(subject, context), stored.scores[name] as number[]);
});

/** Neighbours, subsets and classes that the metrics draw were recorded, and Quantus and Captum got the same. */
const explain: FreshExplanation = ({ input, targets }) => {
  const values = zeros(input.shape);
  targets.forEach((target, sample) => {
    const x = sampleData(input, sample);
    first.forEach((row, k) => {
      const slope = (1 - Math.tanh(dot(x, row)) ** 2) * second[target]![k]!;
      row.forEach((weight, i) => (sampleData(values, sample)[i]! += slope * weight));
    });
  });
  return Promise.resolve({ values, layout: 'NCHW' });
};

/** The model with its layer. */
const withHidden: ModelAdapter<never> = {
  ...model,
  layers: [{ name: 'hidden', aliases: [], kind: 'tanh', operator: 'Tanh', shape: [null, first.length], layout: 'NC' }],
  capabilities: new Set(['activations']),
  evaluate: async (query: Query<never>) => {
    const { input } = query;
    const hidden = Array.from({ length: input.shape[0]! }, (_, sample) => hiddenOf(sampleData(input, sample)));
    return { ...await model.evaluate(query), activations: new Map([['hidden', tensor([hidden.length, first.length], hidden.flat())]]) };
  },
};

const neighbours = { draws: 4 };
test.each<[string, string, Metric]>([
  ['max-sensitivity', 'Quantus', maxSensitivity(neighbours)],
  ['max-sensitivity-captum', 'Captum', maxSensitivity(neighbours)],
  ['average-sensitivity', 'Quantus', averageSensitivity(neighbours)],
  ['local-lipschitz-estimate', 'Quantus', localLipschitzEstimate(neighbours)],
  ['relative-input-stability', 'Quantus', relativeInputStability(neighbours)],
  ['relative-output-stability', 'Quantus', relativeOutputStability(neighbours)],
  ['continuity', 'Quantus', continuity({ shift: 5 })],
  ['relative-representation-stability', 'Quantus', relativeRepresentationStability(neighbours)],
  ['random-logit', 'Quantus', randomLogit()],
])('%s is that of %s for the same draws', async (name, _library, metric) => {
  const { values, layout } = await explain({ input: subject.input, targets: subject.targets });
  const expected = stored.scores[name] as number[];
  // Differences of single-precision maps at near neighbours keep five digits, not five decimals.
  (await metric.score({ ...subject, model: withHidden, values, layout, explain }, context)).forEach((score, sample) => { expect(score / expected[sample]!).toBeCloseTo(1, 3); });
});

test.each<[string, Metric]>([
  ['faithfulness-correlation', faithfulnessCorrelation({ subsets: 12, subsetSize: 10 })],
  ['sensitivity-n', sensitivityN({ subsets: 12, share: 0.25 })],
  ['monotonicity-nguyen', monotonicityNguyen({ steps: 12, draws: 3, objective: 'logit' })],
])('%s is that of Quantus for the same draws', async (name, metric) => {
  close(await metric.score(subject, context), stored.scores[name] as number[]);
});

test('values of 0 are counted as Quantus counts them, which counts pixels and has no share of them', async () => {
  const values = { ...subject.values, data: subject.values.data.map((value, i) => (stored.thinned.flat()[i] === 1 ? 0 : value)) };
  close(await effectiveComplexity().score({ ...subject, values }, context), stored.scores['effective-complexity'] as number[]);
  close((await nonSensitivity({ substrate: 'zero' }).score({ ...subject, values }, context)).map((share) => 48 * share), stored.scores['non-sensitivity'] as number[]);
});

test('focus is that of Quantus', async () => {
  const quarter = (pixel: number): number => 2 * Math.floor(pixel / 24) + Math.floor((pixel % 6) / 3);
  const masks = tensor([3, 8, 6], stored.mosaics.flatMap((shown) => Array.from({ length: 48 }, (_, pixel) => (shown[quarter(pixel)] === true ? 1 : 0))));
  close(await focus().score({ ...subject, masks }, context), stored.scores['focus'] as number[]);
});

test('the entropy of a map\'s histogram is that of Quantus', () => {
  close(stored.maps.map((map) => histogramEntropy(Float64Array.from(map.flat(2)), 20)), stored.scores['histogram-entropy'] as number[]);
});

const curvesOf = (name: string): number[][] => stored.scores[name] as number[][];

test('pixel flipping is the curve of Quantus, with the whole image in front', async () => {
  const { curves } = await perturbationCurves(subject, { first: 'highest', towards: 'substrate', substrate: 'zero', steps: 12, objective: 'logit' }, context);
  const scores = await pixelFlipping({ steps: 12 }).score(subject, context);
  curvesOf('pixel-flipping').forEach((curve, sample) => {
    close(curves[sample]!.slice(1), curve);
    expect(scores[sample]).toBeCloseTo(areaUnderCurve(Float64Array.of(curves[sample]![0]!, ...curve)), DIGITS);
  });
});

test('selectivity is the area under the curve of Quantus, with the whole image in front', async () => {
  const { logits } = await model.evaluate({ input: subject.input });
  const scores = await selectivity({ side: 2 }).score(subject, context);
  curvesOf('selectivity').forEach((curve, sample) => {
    const whole = logits.data[3 * sample + stored.targets[sample]!]!;
    expect(scores[sample]).toBeCloseTo(areaUnderCurve(Float64Array.of(whole, ...curve)), DIGITS);
  });
});

// Quantus leaves out the first interval of the area: a constant model would score 1.
test('IROF is that of Quantus for the same superpixels, with the whole image in front and over the unit interval', async () => {
  const scores = await irof({ segments: 12, substrate: 'zero' }).score(subject, context);
  stored.irof.forEach(({ score, curve }, sample) => {
    expect(curve.length).toBeGreaterThan(5);
    expect(scores[sample]).toBeCloseTo((score - (1 + curve[0]!) / 2) / curve.length, DIGITS);
  });
});

test.each<[string, Metric]>([
  ['consistency', consistency({ top: 5 })],
  ['sufficiency', sufficiency({ radius: 1.3 })],
])('%s is that of Quantus, but for a sample that is like no other: it has no score, not the worst', async (name, metric) => {
  const pixels = 48;
  const part = (values: Float32Array, i: number): Float32Array => values.slice(i * pixels, (i + 1) * pixels);
  const samples = stored.company.map(([image, map, factor]) => ({ x: part(subject.input.data, image), a: part(subject.values.data, map).map((value) => factor * value) }));
  const { logits } = await model.evaluate({ input: tensor([samples.length, 1, 8, 6], samples.flatMap(({ x }) => [...x])) });
  const predictions = samples.map((_, i) => argmax(sampleData(logits, i)));
  const scores = await Promise.all(samples.map(async ({ x, a }, i) => {
    const others = samples.flatMap((other, k) => (k === i ? [] : [{ ...other, prediction: predictions[k]! }]));
    const references = { values: tensor([others.length, 1, 8, 6], others.flatMap((other) => [...other.a])), layout: 'NCHW' as const, predictions: others.map(({ prediction }) => prediction) };
    return (await metric.score({ model, input: tensor([1, 1, 8, 6], x), values: tensor([1, 1, 8, 6], a), targets: [0], layout: 'NCHW', references }, context))[0]!;
  }));
  const expected = stored.scores[name] as number[];
  expect(new Set(expected.slice(0, 5).map((score) => score.toFixed(3))).size).toBeGreaterThan(1);
  close(scores.map((score) => (Number.isNaN(score) ? 0 : score)), expected);
  expect(scores[5]).toBeNaN();
});

test('the AOPC is the mean of the falls of Quantus, with the 0 of the whole image', async () => {
  const scores = await regionPerturbation({ side: 2, regions: 12, substrate: 'zero' }).score(subject, context);
  curvesOf('region-perturbation').forEach((falls, sample) => {
    expect(scores[sample]).toBeCloseTo(falls.reduce((a, b) => a + b, 0) / (falls.length + 1), DIGITS);
  });
});

test.each(['infidelity', 'infidelity-normalised'] as const)('%s is that of Captum for the same perturbations', (name) => {
  const { scores, predicted, differences } = stored[name];
  const ours = predicted.map((row, sample) => meanSquaredGap(Float64Array.from(row), Float64Array.from(differences[sample]!), name !== 'infidelity'));
  close(ours, scores);
});

test('imputation without noise solves the equations as Quantus does', () => {
  const image = Float32Array.from(stored.images[0]!.flat(2));
  imputeLinearly(image, Uint32Array.from(stored.imputation.unknown), imageGeometry([1, 1, 8, 6], 'NCHW'), new Float32Array(48));
  close(image, stored.imputation.image);
});
