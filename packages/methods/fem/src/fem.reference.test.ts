import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { fem } from './fem.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_FEM',
  load: loadModel,
  method: (layer) => fem({ layer, upsample: false }),
});
