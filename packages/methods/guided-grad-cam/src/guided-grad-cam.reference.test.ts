import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { guidedGradCam } from './guided-grad-cam.ts';

const checks = (['nearest', 'bilinear'] as const).flatMap((upsample) => mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: upsample === 'nearest' ? 'guided_gradcam' : 'guided_gradcam_bilinear',
  part: 'main',
  load: loadModel,
  method: (layer) => guidedGradCam({ layer, upsample }),
}));
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
