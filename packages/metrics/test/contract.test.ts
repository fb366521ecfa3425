import { describeMetric } from '@pellucid/testkit';
import * as metrics from '../src/index.ts';

const few = { draws: 3 };
describeMetric(metrics.completeness);
describeMetric(metrics.implementationInvariance);
describeMetric(metrics.inputInvariance);
describeMetric(metrics.nonSensitivity);
describeMetric(metrics.effectiveComplexity);
describeMetric(metrics.entropy);
describeMetric(metrics.sparseness);
const substrates = {
  'as it comes': {},
  mean: { options: { substrate: 'mean' as const } },
  uniform: { options: { substrate: 'uniform' as const } },
  // Conjugate gradients add up channels in the order of memory alone, so that both layouts agree as well.
  'noisy linear': { options: { substrate: 'noisy-linear' as const } },
};
describeMetric(metrics.deletion, substrates);
describeMetric(metrics.insertion, substrates);
describeMetric(metrics.pixelFlipping, substrates);
describeMetric(metrics.faithfulnessCorrelation, { 'few subsets': { options: { subsets: 10, subsetSize: 7 } } });
describeMetric(metrics.faithfulnessEstimate);
describeMetric(metrics.infidelity, {
  'Gaussian noise': { options: { draws: 5 } },
  'squares, contributions': { options: { draws: 5, perturbation: 'square', contributions: true, normalise: false } },
});
describeMetric(metrics.irof, { 'few segments': { options: { segments: 6 } } });
describeMetric(metrics.monotonicityArya);
describeMetric(metrics.monotonicityNguyen, { 'few draws': { options: few } });
describeMetric(metrics.regionPerturbation, {
  morf: { options: { side: 3 } }, lerf: { options: { side: 3, order: 'lerf' } }, combined: { options: { side: 3, order: 'combined' } },
  random: { options: { side: 3, order: 'random' } },
});
describeMetric(metrics.road, {
  'as it comes': {}, random: { options: { order: 'random' } }, lerf: { options: { order: 'lerf' } }, morf: { options: { order: 'morf' } },
});
describeMetric(metrics.selectivity, { 'small patches': { options: { side: 3 } } });
describeMetric(metrics.sensitivityN, { 'few subsets': { options: { subsets: 10 } } });
describeMetric(metrics.sufficiency);
describeMetric(metrics.softmaxInformationCurve, { 'few steps': { options: { steps: 8 }, mayBeUndefined: true } });
describeMetric(metrics.accuracyInformationCurve, { 'few steps': { options: { steps: 8 }, mayBeUndefined: true } });
describeMetric(metrics.energyInside, { 'as it comes': {}, magnitude: { options: { evidence: 'magnitude', relativeToArea: true } } });
describeMetric(metrics.focus);
describeMetric(metrics.pointingGame, { 'as it comes': {}, tolerant: { options: { tolerance: 2 } } });
describeMetric(metrics.relevanceMassAccuracy);
describeMetric(metrics.relevanceRankAccuracy);
describeMetric(metrics.rocAuc);
describeMetric(metrics.topKIntersection, { 'a few': { options: { k: 7 } } });
describeMetric(metrics.randomLogit);
describeMetric(metrics.modelParameterRandomisation);
describeMetric(metrics.smoothModelParameterRandomisation, { 'few draws': { options: few } });
describeMetric(metrics.efficientModelParameterRandomisation);
describeMetric(metrics.averageSensitivity, { 'few draws': { options: few } });
describeMetric(metrics.maxSensitivity, { 'few draws': { options: few } });
describeMetric(metrics.localLipschitzEstimate, { 'few draws': { options: few } });
describeMetric(metrics.consistency);
describeMetric(metrics.continuity, { 'a little': { options: { shift: 2 } } });
describeMetric(metrics.relativeInputStability, { 'few draws': { options: few } });
describeMetric(metrics.relativeOutputStability, { 'few draws': { options: few } });
describeMetric(metrics.relativeRepresentationStability, { 'few draws': { options: few } });
