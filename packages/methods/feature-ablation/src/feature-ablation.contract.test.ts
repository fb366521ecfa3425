import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { featureAblation } from './feature-ablation.ts';

for (const { name, run } of methodContract(featureAblation)) test(name, run);
