import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { eigenGradCam } from './eigen-grad-cam.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_EigenGradCAM',
  load: loadModel,
  method: (layer) => eigenGradCam({ layer, relu: false, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
