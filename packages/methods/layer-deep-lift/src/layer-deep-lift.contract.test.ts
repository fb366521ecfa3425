import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { layerDeepLift } from './layer-deep-lift.ts';

for (const { name, run } of methodContract(layerDeepLift)) test(name, run);
