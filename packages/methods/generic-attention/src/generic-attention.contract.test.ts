import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { genericAttention } from './generic-attention.ts';

for (const { name, run } of methodContract(genericAttention)) test(name, run);
