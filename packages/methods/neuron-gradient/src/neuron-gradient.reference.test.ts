import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { neuronGradient } from './neuron-gradient.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'neuron_gradient_0_1_1',
  part: 'main',
  load: loadModel,
  method: (layer) => neuronGradient({ layer, neuron: [0, 1, 1] }),
});
