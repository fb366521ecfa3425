import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { ablationCam } from './ablation-cam.ts';

// There, layers with negative values are ablated by values far below all others; it matters where no ReLU follows.
const FAR_BELOW = -1e7;

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_AblationCAM',
  load: loadModel,
  method: (layer, { name }) => ablationCam({ layer, relu: false, value: name === 'zoo' ? FAR_BELOW : 0, upsample: false }),
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
