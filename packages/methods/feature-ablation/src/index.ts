export { featureAblation, type FeatureAblationOptions } from './feature-ablation.ts';
