import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { guidedIntegratedGradients } from './guided-integrated-gradients.ts';

for (const { name, run } of methodContract(guidedIntegratedGradients)) test(name, run);
