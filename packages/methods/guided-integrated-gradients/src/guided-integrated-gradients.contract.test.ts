import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { guidedIntegratedGradients } from './guided-integrated-gradients.ts';

const options = { steps: 6 };
for (const { name, run } of methodContract(guidedIntegratedGradients, { options, linear: (weight, x) => weight * x })) test(name, run);
