import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { reciproCam } from './recipro-cam.ts';

for (const { name, run } of methodContract(reciproCam)) test(name, run);
