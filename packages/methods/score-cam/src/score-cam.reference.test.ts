import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { scoreCam } from './score-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_ScoreCAM',
  load: loadModel,
  method: (layer) => scoreCam({ layer, relu: false, upsample: false }),
});
