import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { eigenGradCam } from './eigen-grad-cam.ts';

for (const { name, run } of methodContract(eigenGradCam)) test(name, run);
