import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { ablationCam } from './ablation-cam.ts';

for (const { name, run } of methodContract(ablationCam)) test(name, run);
