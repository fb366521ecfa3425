import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { kernelShap } from './kernel-shap.ts';

for (const { name, run } of methodContract(kernelShap)) test(name, run);
