import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { gradCam } from './grad-cam.ts';

for (const { name, run } of methodContract(gradCam)) test(name, run);
for (const { name, run } of methodContract(gradCam, { options: { layer: 'conv', relu: false, upsample: false } })) test(`${name} (raw)`, run);
