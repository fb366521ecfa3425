import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { sobol } from './sobol.ts';

for (const { name, run } of methodContract(sobol, { options: { samples: 4, features: [3, 2] } })) test(name, run);
