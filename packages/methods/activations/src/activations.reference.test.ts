import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { activations } from './activations.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'layer_activation',
  part: 'main',
  load: loadModel,
  method: (layer) => activations({ layer }),
});
