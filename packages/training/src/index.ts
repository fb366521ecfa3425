export { accumulateEpochs, type AccumulatedEpochs, type AccumulateEpochsRequest } from './callbacks/accumulate-epochs.ts';
export type { EpochExplanation } from './callbacks/epoch-explanation.ts';
export { explainEpochs, type ExplainEpochsRequest } from './callbacks/explain-epochs.ts';
export { recordAccumulated, type AccumulatedRecord, type RecordingCallbacks } from './record-accumulated.ts';
export type { TrainingEngine } from './engine/open-trainer.ts';
export type { LiveModel } from './engine/trainer.ts';
export { toOnnx } from './export/to-onnx.ts';
export { toTfjs, type TfjsModel } from './export/to-tfjs.ts';
export { initialWeights } from './network/initialise.ts';
export type {
  AddLayer, AveragePoolLayer, BatchNormLayer, ConvLayer, DenseLayer, LayerDefinition, MaxPoolLayer, NetworkDefinition, NetworkSize, PoolLayer, SimpleLayer,
} from './network/network.ts';
export { plainCnn } from './network/plain-cnn.ts';
export { pruningCnn, pruningRecipe } from './network/pruning-cnn.ts';
export { residualCnn } from './network/residual-cnn.ts';
export { countParameters } from './network/resolve-network.ts';
export { accuracyOf, predict, type PredictSettings } from './predict.ts';
export type { EpochRecord, TrainedNetwork, Weights } from './network/trained-network.ts';
export { resnet18 } from './network/resnet18.ts';
export type { Augmentation } from './run/augmentation.ts';
export type { Schedule } from './run/schedule.ts';
export { train } from './train.ts';
export type { TrainingBatch, TrainRequest } from './train-request.ts';
