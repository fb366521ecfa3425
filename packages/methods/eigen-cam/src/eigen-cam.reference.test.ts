import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { eigenCam } from './eigen-cam.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo', 'vit'],
  key: 'pgc_EigenCAM',
  load: loadModel,
  method: (layer) => eigenCam({ layer, centred: true, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
