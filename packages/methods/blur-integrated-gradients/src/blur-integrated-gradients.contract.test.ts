import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { blurIntegratedGradients } from './blur-integrated-gradients.ts';

for (const { name, run } of methodContract(blurIntegratedGradients)) test(name, run);
