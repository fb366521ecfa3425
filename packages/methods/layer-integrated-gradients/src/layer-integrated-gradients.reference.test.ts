import { join } from 'node:path';
import { test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { mapReferenceChecks } from '@pellucid/testkit';
import { layerIntegratedGradients } from './layer-integrated-gradients.ts';

const checks = mapReferenceChecks({
  folder: join(__dirname, '../../../../../shared/golden'),
  networks: ['cifar', 'fmnist', 'mobile', 'zoo'],
  key: 'layer_ig',
  part: 'main',
  load: loadModel,
  method: (layer, { baseline }) => layerIntegratedGradients({ layer, steps: 20, baseline }),
});
if (checks.length === 0) test.skip('needs ../shared/golden', () => undefined);
for (const { name, run } of checks) test(name, run);
