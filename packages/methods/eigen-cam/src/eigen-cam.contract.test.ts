import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { eigenCam } from './eigen-cam.ts';

for (const { name, run } of methodContract(eigenCam)) test(name, run);
for (const { name, run } of methodContract(eigenCam, { options: { layer: 'conv', centred: true, upsample: false } })) test(`${name} (centred)`, run);
