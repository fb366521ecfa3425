import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { fullGrad } from './full-grad.ts';

for (const { name, run } of methodContract(fullGrad)) test(name, run);
