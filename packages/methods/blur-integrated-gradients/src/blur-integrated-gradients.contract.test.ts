import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { blurIntegratedGradients } from './blur-integrated-gradients.ts';

for (const { name, run } of methodContract(blurIntegratedGradients, { options: { steps: 5 } })) test(name, run);
for (const { name, run } of methodContract(blurIntegratedGradients, { options: { steps: 3, maxSigma: 2 } })) test(`${name} (narrow blur)`, run);
