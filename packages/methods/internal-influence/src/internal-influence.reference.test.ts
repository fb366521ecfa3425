import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { internalInfluence } from './internal-influence.ts';

testLayerReferences({
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'internal_influence',
  part: 'main',
  load: loadModel,
  method: (layer, { baseline }) => internalInfluence({ layer, steps: 20, baseline }),
});
