import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { layerCam } from './layer-cam.ts';

for (const { name, run } of methodContract(layerCam)) test(name, run);
