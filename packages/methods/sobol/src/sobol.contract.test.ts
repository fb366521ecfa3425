import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { sobol } from './sobol.ts';

for (const { name, run } of methodContract(sobol)) test(name, run);
