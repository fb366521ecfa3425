import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { featurePermutation } from './feature-permutation.ts';

for (const { name, run } of methodContract(featurePermutation, { options: { features: [3, 2] } })) test(name, run);
