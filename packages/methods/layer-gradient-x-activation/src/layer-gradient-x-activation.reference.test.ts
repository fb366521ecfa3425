import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { layerGradientXActivation } from './layer-gradient-x-activation.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'layer_grad_x_act',
  part: 'main',
  load: loadModel,
  method: (layer) => layerGradientXActivation({ layer }),
});
