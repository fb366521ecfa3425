export {
  OTHER_ACTIVATIONS, readReferenceModels, referenceFeatures, referenceTolerance,
  type ReferenceModel, type ReferenceNetwork, type ReferenceValue,
} from './read-references.ts';
export { testLayerReferences, testReferences, type LayerReferences, type References } from './test-references.ts';
