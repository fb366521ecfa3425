import { loadModel } from '@pellucid/backend-onnxruntime';
import { testLayerReferences } from '@pellucid/reference-values';
import { guidedGradCam } from './guided-grad-cam.ts';

for (const upsample of ['nearest', 'bilinear'] as const) {
  testLayerReferences({
    networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
    key: upsample === 'nearest' ? 'guided_gradcam' : 'guided_gradcam_bilinear',
    part: 'main',
    load: loadModel,
    method: (layer) => guidedGradCam({ layer, upsample }),
  });
}
