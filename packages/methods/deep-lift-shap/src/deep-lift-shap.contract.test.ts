import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { deepLiftShap } from './deep-lift-shap.ts';

for (const { name, run } of methodContract(deepLiftShap)) test(name, run);
