import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { hiResCam } from './hi-res-cam.ts';

for (const { name, run } of methodContract(hiResCam)) test(name, run);
