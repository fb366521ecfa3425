import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { kpcaCam } from './kpca-cam.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_KPCA_CAM',
  load: loadModel,
  method: (layer) => kpcaCam({ layer, upsample: false }),
  // The sign of an eigenvector is arbitrary there.
  anySign: true,
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
