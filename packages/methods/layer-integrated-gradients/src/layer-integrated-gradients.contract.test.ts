import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { layerIntegratedGradients } from './layer-integrated-gradients.ts';

for (const { name, run } of methodContract(layerIntegratedGradients, { options: { steps: 4 } })) test(name, run);
