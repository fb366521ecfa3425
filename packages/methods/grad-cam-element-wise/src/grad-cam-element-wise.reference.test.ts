import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { gradCamElementWise } from './grad-cam-element-wise.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_GradCAMElementWise',
  load: loadModel,
  method: (layer) => gradCamElementWise({ layer, upsample: false }),
});
