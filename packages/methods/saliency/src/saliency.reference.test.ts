import { loadModel } from '@pellucid/backend-onnxruntime';
import { testReferences } from '@pellucid/reference-values';
import { saliency } from './saliency.ts';

const common = { networks: ['mlp', 'cifar', 'fmnist'], load: loadModel } as const;
testReferences({ ...common, key: 'saliency_signed', method: () => saliency({ absolute: false }) });
testReferences({ ...common, key: 'saliency_abs', method: () => saliency({ absolute: true }) });
