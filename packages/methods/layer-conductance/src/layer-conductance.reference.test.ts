import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { layerConductance } from './layer-conductance.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'layer_conductance',
  part: 'main',
  load: loadModel,
  method: (layer, { baseline }) => layerConductance({ layer, steps: 20, quadrature: 'gausslegendre', baseline }),
});
