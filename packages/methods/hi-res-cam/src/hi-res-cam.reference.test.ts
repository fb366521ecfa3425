import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { hiResCam } from './hi-res-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_HiResCAM',
  load: loadModel,
  method: (layer) => hiResCam({ layer, relu: false, upsample: false }),
});
