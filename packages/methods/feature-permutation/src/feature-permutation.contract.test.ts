import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { featurePermutation } from './feature-permutation.ts';

for (const { name, run } of methodContract(featurePermutation)) test(name, run);
