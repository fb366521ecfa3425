export { relativeL2, type LaidOutMaps } from './agreement/relative-l2.ts';
export { completeness, type CompletenessOptions } from './axioms/completeness.ts';
export { implementationInvariance } from './axioms/implementation-invariance.ts';
export { inputInvariance, type InputInvarianceOptions } from './axioms/input-invariance.ts';
export { nonSensitivity, type NonSensitivityOptions } from './axioms/non-sensitivity.ts';
export { effectiveComplexity, type EffectiveComplexityOptions } from './complexity/effective-complexity.ts';
export { entropy } from './complexity/entropy.ts';
export { sparseness } from './complexity/sparseness.ts';
export { accuracyInformationCurve } from './faithfulness/accuracy-information-curve.ts';
export { deletion } from './faithfulness/deletion.ts';
export { faithfulnessCorrelation, type FaithfulnessCorrelationOptions } from './faithfulness/faithfulness-correlation.ts';
export { faithfulnessEstimate } from './faithfulness/faithfulness-estimate.ts';
export { infidelity, type InfidelityOptions } from './faithfulness/infidelity.ts';
export { insertion } from './faithfulness/insertion.ts';
export { irof, type IrofOptions } from './faithfulness/irof.ts';
export { monotonicityArya } from './faithfulness/monotonicity-arya.ts';
export { monotonicityNguyen, type MonotonicityNguyenOptions } from './faithfulness/monotonicity-nguyen.ts';
export { pixelFlipping } from './faithfulness/pixel-flipping.ts';
export { regionPerturbation, type RegionPerturbationOptions } from './faithfulness/region-perturbation.ts';
export { road, type RoadOptions } from './faithfulness/road.ts';
export { selectivity, type SelectivityOptions } from './faithfulness/selectivity.ts';
export { sensitivityN, type SensitivityNOptions } from './faithfulness/sensitivity-n.ts';
export { sufficiency, type SufficiencyOptions } from './faithfulness/sufficiency.ts';
export { energyInside, type EnergyInsideOptions } from './localisation/energy-inside.ts';
export { focus } from './localisation/focus.ts';
export { makeMosaics, type Mosaics, type MosaicSettings } from './localisation/mosaics.ts';
export { pointingGame, type PointingGameOptions } from './localisation/pointing-game.ts';
export { relevanceMassAccuracy } from './localisation/relevance-mass-accuracy.ts';
export { relevanceRankAccuracy } from './localisation/relevance-rank-accuracy.ts';
export { rocAuc } from './localisation/roc-auc.ts';
export { topKIntersection, type TopKIntersectionOptions } from './localisation/top-k-intersection.ts';
export { softmaxInformationCurve } from './faithfulness/softmax-information-curve.ts';
export type { InformationCurveOptions } from './faithfulness/information-curve.ts';
export type { PerturbationOptions, SteppedOptions } from './faithfulness/options.ts';
export type { RemovalOrder } from './faithfulness/removal-order.ts';
export type { Evidence, EvidenceOptions } from './localisation/masked-maps.ts';
export {
  combineImportances, edgeImportance, importanceOfMaps, randomImportance, type PixelImportance,
} from './pruning/importance.ts';
export { complement, keepPixels, topPixels, type PixelMask } from './pruning/pixel-mask.ts';
export {
  comparePruned, pruning, type PruningRequest, type PruningResult, type Retrain, type TrainAndTest,
} from './pruning/pruning.ts';
export { sobelMagnitude } from './pruning/sobel.ts';
export {
  efficientModelParameterRandomisation, type EfficientModelParameterRandomisationOptions,
} from './randomisation/efficient-model-parameter-randomisation.ts';
export { modelParameterRandomisation, type ModelParameterRandomisationOptions } from './randomisation/model-parameter-randomisation.ts';
export type { RandomisationOrder } from './randomisation/randomised-models.ts';
export {
  smoothModelParameterRandomisation, type SmoothModelParameterRandomisationOptions,
} from './randomisation/smooth-model-parameter-randomisation.ts';
export { randomLogit } from './randomisation/random-logit.ts';
export { averageSensitivity } from './robustness/average-sensitivity.ts';
export { consistency, type ConsistencyOptions } from './robustness/consistency.ts';
export { continuity, type ContinuityOptions } from './robustness/continuity.ts';
export { localLipschitzEstimate, type LocalLipschitzOptions } from './robustness/local-lipschitz-estimate.ts';
export { maxSensitivity } from './robustness/max-sensitivity.ts';
export { relativeInputStability } from './robustness/relative-input-stability.ts';
export { relativeOutputStability } from './robustness/relative-output-stability.ts';
export { relativeRepresentationStability, type RelativeRepresentationStabilityOptions } from './robustness/relative-representation-stability.ts';
export type { RelativeStabilityOptions } from './robustness/relative-stability.ts';
export type { SensitivityOptions } from './robustness/sensitivity.ts';
export { karDescription, roarDescription, type RetrainingCurveOptions, type RetrainingCurveDescription } from './remove-and-retrain/description.ts';
export { pixelRanks } from './remove-and-retrain/pixel-ranks.ts';
export { kar, roar, type RetrainingCurveRequest } from './remove-and-retrain/remove-and-retrain.ts';
export { channelMeans, replacePixels, type ReplacedPixels, type Replacement } from './remove-and-retrain/replace-pixels.ts';
export { REPLACED, retrainingCurve, type RetrainingCurve, type Retrainings } from './remove-and-retrain/retraining-curve.ts';
export type { FixedSubstrate } from './removal/substrate.ts';
export type { Substrate } from './removal/removal.ts';
export type { ScoredObjective } from './subject/variants.ts';
