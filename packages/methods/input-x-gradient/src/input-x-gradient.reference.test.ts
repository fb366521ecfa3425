import { loadModel } from '@pellucid/backend-onnxruntime';
import { testReferences } from '@pellucid/reference-values';
import { inputXGradient } from './input-x-gradient.ts';

testReferences({ networks: ['mlp', 'cifar', 'fmnist'], key: 'input_x_gradient', load: loadModel, method: () => inputXGradient() });
