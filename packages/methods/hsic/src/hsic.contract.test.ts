import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { hsic } from './hsic.ts';

for (const { name, run } of methodContract(hsic)) test(name, run);
