import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { hsic } from './hsic.ts';

for (const { name, run } of methodContract(hsic, { options: { samples: 12, features: [3, 2] } })) test(name, run);
