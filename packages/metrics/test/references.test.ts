import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { imageGeometry, tensor, type Metric, type MetricSubject } from '@pellucid/core';
import { meanSquaredGap } from '../src/faithfulness/infidelity.ts';
import { areaUnderCurve, perturbationCurves } from '../src/faithfulness/perturbation-curve.ts';
import {
  energyInside, entropy, faithfulnessEstimate, pixelFlipping, pointingGame, regionPerturbation, relevanceMassAccuracy, relevanceRankAccuracy, rocAuc,
  selectivity, sparseness, topKIntersection,
} from '../src/index.ts';
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
  readonly scores: Readonly<Record<string, (number | number[])[]>>;
  readonly infidelity: Infidelity;
  readonly 'infidelity-normalised': Infidelity;
  readonly imputation: { readonly unknown: number[]; readonly image: number[] };
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
const { first, second, bias } = stored.network;
const { model } = analyticModel([1, 8, 6], 'NCHW', (x) => {
  const hidden = first.map((row) => Math.tanh(dot(x, row)));
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
