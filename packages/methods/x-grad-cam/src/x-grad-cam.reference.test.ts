import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { xGradCam } from './x-grad-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_XGradCAM',
  load: loadModel,
  method: (layer) => xGradCam({ layer, relu: false, upsample: false }),
});
