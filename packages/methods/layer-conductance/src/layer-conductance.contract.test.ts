import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { layerConductance } from './layer-conductance.ts';

for (const { name, run } of methodContract(layerConductance, { options: { steps: 4 } })) test(name, run);
