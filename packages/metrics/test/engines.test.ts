import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { metricCompanyChecks } from '@pellucid/testkit';
import type { Metric, MetricSubject, ModelAdapter } from '@pellucid/core';
import { saliency } from '@pellucid/method-saliency';
import * as metrics from '../src/index.ts';
import { BACKENDS, embeddedImages, engineSubject } from './engine-subjects.ts';

const draws = 2;
const steps = 8;
/** Every metric, with few steps; those that take a pass per pixel or layer as few as they can. */
const METRICS: readonly Metric[] = [
  metrics.completeness(), metrics.implementationInvariance(), metrics.inputInvariance(), metrics.nonSensitivity(),
  metrics.effectiveComplexity(), metrics.entropy(), metrics.sparseness(),
  metrics.deletion({ steps }), metrics.insertion({ steps }), metrics.pixelFlipping({ steps }), metrics.faithfulnessCorrelation({ subsets: 9 }), metrics.faithfulnessEstimate({ steps }),
  metrics.infidelity({ draws: 5 }), metrics.irof({ segments: 9 }), metrics.monotonicityArya({ steps }), metrics.monotonicityNguyen({ steps, draws }), metrics.regionPerturbation({ regions: 6 }),
  metrics.road({ percents: [10, 50, 90] }), metrics.selectivity(), metrics.sensitivityN({ subsets: 9 }), metrics.sufficiency(), metrics.softmaxInformationCurve({ steps: 4 }),
  metrics.accuracyInformationCurve({ steps: 4 }),
  metrics.energyInside(), metrics.focus(), metrics.pointingGame(), metrics.relevanceMassAccuracy(), metrics.relevanceRankAccuracy(), metrics.rocAuc(), metrics.topKIntersection({ k: 50 }),
  metrics.randomLogit(), metrics.modelParameterRandomisation(), metrics.smoothModelParameterRandomisation({ order: 'independent', draws }), metrics.efficientModelParameterRandomisation(),
  metrics.averageSensitivity({ draws }), metrics.maxSensitivity({ draws }), metrics.localLipschitzEstimate({ draws }), metrics.consistency({ top: 1 }), metrics.continuity({ shift: 2 }),
  metrics.relativeInputStability({ draws }), metrics.relativeOutputStability({ draws }), metrics.relativeRepresentationStability({ draws }),
];

/** Convolutions of another batch size may add up in another order: the last bits of scores, and what ranks and quotients make of them. */
const ROUNDING = 1e-4;

test('every metric is run on the engines', () => {
  const all = Object.values(metrics).flatMap((value) => (typeof value === 'function' && 'category' in value ? [value.name] : []));
  expect(METRICS.map(({ description }) => description.name).sort()).toEqual(all.sort());
});

describe.each(['onnxruntime', 'tfjs'] as const)('on a trained network of %s', (backend) => {
  let subject: MetricSubject | undefined;
  const opened: ModelAdapter<never>[] = [];
  beforeAll(async () => {
    const [model, twin] = await Promise.all([BACKENDS[backend]('plain-cnn'), BACKENDS[backend === 'tfjs' ? 'onnxruntime' : 'tfjs']('plain-cnn')]);
    opened.push(model, twin);
    subject = await engineSubject(model, saliency(), embeddedImages(3), twin);
  });
  afterAll(async () => {
    await Promise.all(opened.map((model) => model.dispose()));
  });
  const made = (): Promise<MetricSubject> => (subject === undefined ? Promise.reject(new Error('no model was loaded')) : Promise.resolve(subject));

  // A pass per pixel: on the slower engine alone it would take as long as all others together.
  for (const metric of METRICS.filter(({ description }) => backend === 'onnxruntime' || description.name !== 'non-sensitivity')) {
    for (const { name, run } of metricCompanyChecks(metric, made, ROUNDING)) test(`${metric.description.name}: ${name}`, run);
  }
});
