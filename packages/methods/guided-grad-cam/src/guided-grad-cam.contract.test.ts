import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { guidedGradCam } from './guided-grad-cam.ts';

for (const { name, run } of methodContract(guidedGradCam)) test(name, run);
