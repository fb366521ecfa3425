import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { scoreCam } from './score-cam.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'pgc_ScoreCAM',
  load: loadModel,
  method: (layer) => scoreCam({ layer, relu: false, upsample: false }),
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
