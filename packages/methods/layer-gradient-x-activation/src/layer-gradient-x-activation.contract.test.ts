import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { layerGradientXActivation } from './layer-gradient-x-activation.ts';

for (const { name, run } of methodContract(layerGradientXActivation)) test(name, run);
