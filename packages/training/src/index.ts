export { accumulateEpochs, type AccumulatedEpochs, type AccumulateEpochsRequest } from './callbacks/accumulate-epochs.ts';
export { explainEpochs, type EpochExplanation, type ExplainEpochsRequest } from './callbacks/explain-epochs.ts';
export { recordAccumulated, type AccumulatedRecord, type RecordingCallbacks } from './record-accumulated.ts';
export type { LiveModel } from './engine/live-model.ts';
export { toOnnx } from './export/to-onnx.ts';
export { toTfjs, type TfjsModel } from './export/to-tfjs.ts';
export type {
  AddLayer, ConvLayer, DenseLayer, LayerDefinition, NetworkDefinition, NetworkSize, PoolLayer, SimpleLayer,
} from './network/network.ts';
export { plainCnn } from './network/plain-cnn.ts';
export { pruningCnn, pruningRecipe } from './network/pruning-cnn.ts';
export { residualCnn } from './network/residual-cnn.ts';
export { countParameters } from './network/resolve-network.ts';
export { accuracyOf, predict, type PredictSettings } from './predict.ts';
export { train, type EpochRecord, type TrainedNetwork, type TrainingBatch, type TrainRequest } from './train.ts';
