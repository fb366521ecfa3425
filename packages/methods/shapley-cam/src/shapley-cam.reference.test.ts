import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { shapleyCam } from './shapley-cam.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_ShapleyCAM',
  load: loadModel,
  method: (layer) => shapleyCam({ layer, relu: false, upsample: false }),
  // Behind this layer the network is curved: the finite difference of gradients in single precision is what limits the agreement.
  tolerance: (network) => (network === 'zoo' ? 2e-5 : undefined),
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
