import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { shapleySampling } from './shapley-sampling.ts';

for (const { name, run } of methodContract(shapleySampling)) test(name, run);
