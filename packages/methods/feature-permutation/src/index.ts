export { featurePermutation, type FeaturePermutationOptions } from './feature-permutation.ts';
