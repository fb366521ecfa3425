export { relativeL2, type LaidOutMaps } from './agreement/relative-l2.ts';
export { deletion } from './faithfulness/deletion.ts';
export { insertion } from './faithfulness/insertion.ts';
export type { PerturbationOptions } from './faithfulness/options.ts';
export type { Substrate } from './faithfulness/substrate.ts';
export {
  combineImportances, edgeImportance, importanceOfMaps, randomImportance, type PixelImportance,
} from './pruning/importance.ts';
export { keepPixels, topPixels, type PixelMask } from './pruning/pixel-mask.ts';
export {
  comparePruned, pruning, type PruningRequest, type PruningResult, type Retrain, type TrainAndTest,
} from './pruning/pruning.ts';
export { sobelMagnitude } from './pruning/sobel.ts';
