import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { layerCam } from './layer-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_LayerCAM',
  load: loadModel,
  method: (layer) => layerCam({ layer, relu: false, upsample: false }),
});
