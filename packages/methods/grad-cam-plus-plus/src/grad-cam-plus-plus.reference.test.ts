import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_GradCAMPlusPlus',
  load: loadModel,
  method: (layer) => gradCamPlusPlus({ layer, relu: false, upsample: false }),
});
