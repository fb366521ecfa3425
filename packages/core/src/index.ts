export {
  defineAttentionMap, type AttentionHeads, type AttentionMapDefinition, type AttentionMapOptions,
} from './attention/define-attention-map.ts';
export {
  defineClassActivationMap, reluOption, type ClassActivationMapDefinition, type ClassActivationMapOptions,
} from './class-activation-map/define-class-activation-map.ts';
export {
  layerGradients, scoreInputs, scoreLayers, weighChannels, type Change, type LayerSample, type Place, type Scene,
} from './class-activation-map/layer-sample.ts';
export type { LayerChoice } from './class-activation-map/map-layers.ts';
export { principalMap, resolveSign, type ChannelValues } from './class-activation-map/principal-map.ts';
export type { TokenGrid } from './class-activation-map/token-grid.ts';
export type { LabelledImages } from './dataset/labelled-images.ts';
export { pairMultipliers, type PairAnswer, type PairRequest } from './deep-lift/pair-multipliers.ts';
export { pairObjective, type PairObjective } from './deep-lift/pair-objective.ts';
export { deepLiftRules } from './deep-lift/rules.ts';
export { suggestNames } from './errors/nearest-names.ts';
export { isPellucidError, PellucidError, throwIfAborted } from './errors/pellucid-error.ts';
export { ERRORS, type ErrorCode, type ErrorDetails } from './errors/table.ts';
export { gaussianBlur } from './image/gaussian-blur.ts';
export { factorise, solveFactorised } from './linear-algebra/cholesky.ts';
export { superpixels } from './image/superpixels.ts';
export { resample, type Interpolation } from './image/resample.ts';
export { askAhead, cutPieces, placesByTurns, type Piece } from './method/ask-ahead.ts';
export { baselineOption, makeBaseline, type Baseline } from './method/baseline.ts';
export {
  defineGlobalMethod, defineMethod, type GlobalMethodDefinition, type SampleMethodDefinition,
} from './method/define-method.ts';
export {
  defineWrapper, wrappedContext, type WrapperDefinition, type WrapperDescription, type WrapperFactory,
} from './method/define-wrapper.ts';
export type { Estimate } from './method/estimate.ts';
export { explain, type ExplainSettings, type SampleRequest, type StreamRequest } from './method/explain.ts';
export type { Explanation, Provenance } from './method/explanation.ts';
export type {
  Accumulation, Attribution, GlobalMethod, Method, MethodBatch, MethodContext, MethodDescription, MethodFactory, Paper, SampleMethod,
} from './method/method.ts';
export {
  choiceOption, flagOption, integerOption, isTensor, layerOption, numberOption, optional, resolveOptions, sizeOption,
  type OptionSpec, type OptionSpecs,
} from './method/options.ts';
export { joinEstimates, summariseDraws, type Sampling } from './method/sampling.ts';
export { topEigenvector } from './linear-algebra/lanczos.ts';
export { defineMetric, type CurveMetricDefinition, type MetricDefinition } from './metric/define-metric.ts';
export { explainAgain, type ExplainAgainSettings } from './metric/explain-again.ts';
export type {
  CurveAxes, FreshExplanation, FreshMaps, FreshRequest, Metric, MetricCategory, MetricContext, MetricCurves, MetricDescription, MetricFactory, MetricNeed,
  MetricReferences, MetricSubject,
} from './metric/metric.ts';
export type { BackwardRule, BackwardRules, LinearOperation, RuleNode, TensorOperations } from './model/backward-rules.ts';
export { checkLayerRows } from './model/check-layer-rows.ts';
export { deepestSpatialLayer, findLayer, lastSpatialLayer } from './model/find-layer.ts';
export {
  isSpatial, type BackendDescription, type EvaluateOptions, type LayerInfo, type LayerParameters, type ModelAdapter, type ModelParameters,
} from './model/model-adapter.ts';
export {
  argmax, score, selectObjective, softmax, strongestRival, type Objective, type TargetObjective,
} from './model/objective.ts';
export type { OpKind } from './model/op-kind.ts';
export { scoreChange } from './model/score-change.ts';
export {
  activationOf, gradientAt, INPUT, type Capability, type Evaluation, type GradientPoint, type GradientQuery, type Intervention,
  type LayerName, type Query,
} from './model/query.ts';
export { rowSamples } from './model/row-samples.ts';
export { validateGradient } from './model/validate-gradient.ts';
export { validateIntervention } from './model/validate-intervention.ts';
export { validateMemoryBudget } from './model/validate-memory-budget.ts';
export { validateObjective } from './model/validate-objective.ts';
export { featureMasks, featuresOption, spreadFeatures, type FeatureMask, type Features } from './perturbation/feature-mask.ts';
export { composeCoalitions, featureEstimate, scoreCoalitions, type FeatureScene, type KeptShares } from './perturbation/score-coalitions.ts';
export type { QuadratureRule } from './quadrature/legendre.ts';
export { meanGradients, type GradientPaths, type MeanGradients } from './quadrature/mean-gradients.ts';
export { pointsOnPath } from './quadrature/points-on-path.ts';
export { quadratureOption, quadratureRule, QUADRATURES, type Quadrature } from './quadrature/quadrature.ts';
export { hashValues, randomStream, type RandomStream } from './random/stream.ts';
export { batchSize, concatBatches, sampleData, sampleSize, selectSamples, sliceBatch } from './tensor/batch.ts';
export {
  axes, imageGeometry, imageShape, validateLayout, type Axes, type ImageGeometry, type Layout, type TensorSpec,
} from './tensor/layout.ts';
export { fillByChannel, orderByChannel } from './tensor/channel-order.ts';
export { convertLayout } from './tensor/convert-layout.ts';
export { decodeNpy, encodeNpy } from './tensor/npy.ts';
export { equalShapes, formatShape, mapValues, sizeOf, tensor, zeros, zipWith, type Tensor } from './tensor/tensor.ts';
export { assertFinite, validateBatch } from './tensor/validate.ts';
