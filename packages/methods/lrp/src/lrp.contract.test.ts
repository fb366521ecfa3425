import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { lrp } from './lrp.ts';

for (const { name, run } of methodContract(lrp)) test(name, run);
