import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { layerIntegratedGradients } from './layer-integrated-gradients.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'layer_ig',
  part: 'main',
  load: loadModel,
  method: (layer, { baseline }) => layerIntegratedGradients({ layer, steps: 20, baseline }),
});
