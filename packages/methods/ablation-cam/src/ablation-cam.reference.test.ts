import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { ablationCam } from './ablation-cam.ts';

// There, layers with negative values are ablated by values far below all others; it matters where no ReLU follows.
const FAR_BELOW = -1e7;

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_AblationCAM',
  load: loadModel,
  method: (layer, { name }) => ablationCam({ layer, relu: false, value: name === 'zoo' ? FAR_BELOW : 0, upsample: false }),
});
