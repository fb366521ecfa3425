import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { kpcaCam } from './kpca-cam.ts';

for (const { name, run } of methodContract(kpcaCam)) test(name, run);
