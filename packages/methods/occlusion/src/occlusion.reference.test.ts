import { loadModel } from '@pellucid/backend-onnxruntime';
import { testReferences } from '@pellucid/reference-values';
import { occlusion } from './occlusion.ts';

const common = { networks: ['cifar', 'fmnist'], load: loadModel } as const;
testReferences({ ...common, key: 'occlusion_zero', method: () => occlusion({ window: [5, 5], stride: [4, 4], baseline: 'zero' }) });
testReferences({ ...common, key: 'occlusion_baseline_overlap', method: ({ baseline }) => occlusion({ window: [5, 5], stride: [3, 3], baseline }) });
