import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { xGradCam } from './x-grad-cam.ts';

for (const { name, run } of methodContract(xGradCam)) test(name, run);
