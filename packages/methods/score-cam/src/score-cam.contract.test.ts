import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { scoreCam } from './score-cam.ts';

for (const { name, run } of methodContract(scoreCam)) test(name, run);
