import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { shapleyCam } from './shapley-cam.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_ShapleyCAM',
  load: loadModel,
  method: (layer) => shapleyCam({ layer, relu: false, upsample: false }),
  // Behind this layer the network is curved: the finite difference of gradients in single precision is what limits the agreement.
  tolerance: (network) => (network === 'zoo' ? 2e-5 : undefined),
});
