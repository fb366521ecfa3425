import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { eigenCam } from './eigen-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_EigenCAM',
  load: loadModel,
  method: (layer) => eigenCam({ layer, centred: true, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
