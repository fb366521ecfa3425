import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { kpcaCam } from './kpca-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_KPCA_CAM',
  load: loadModel,
  method: (layer) => kpcaCam({ layer, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
