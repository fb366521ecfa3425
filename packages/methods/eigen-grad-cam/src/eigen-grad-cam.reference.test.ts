import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { eigenGradCam } from './eigen-grad-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_EigenGradCAM',
  load: loadModel,
  method: (layer) => eigenGradCam({ layer, relu: false, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
