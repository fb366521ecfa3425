import { loadModel } from '@pellucid/backend-onnxruntime';
import { referenceFeatures, testReferences } from '@pellucid/reference-values';
import { featureAblation } from './feature-ablation.ts';

const common = { networks: ['mlp', 'cifar', 'fmnist', 'mobile', 'zoo'], load: loadModel } as const;
testReferences({ ...common, key: 'feature_ablation_zero', method: ({ input }) => featureAblation({ features: referenceFeatures(input), baseline: 'zero' }) });
testReferences({ ...common, key: 'feature_ablation_baseline', method: ({ input, baseline }) => featureAblation({ features: referenceFeatures(input), baseline }) });
