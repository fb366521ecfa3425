import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { shapleyCam } from './shapley-cam.ts';

for (const { name, run } of methodContract(shapleyCam)) test(name, run);
