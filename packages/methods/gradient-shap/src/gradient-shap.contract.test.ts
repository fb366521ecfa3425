import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { gradientShap } from './gradient-shap.ts';

for (const { name, run } of methodContract(gradientShap)) test(name, run);
