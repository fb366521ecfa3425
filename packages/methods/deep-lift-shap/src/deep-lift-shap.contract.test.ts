import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { deepLiftShap } from './deep-lift-shap.ts';

for (const { name, run } of methodContract(deepLiftShap, { options: { baseline: 'zero' }, linear: (weight, x) => weight * x })) test(name, run);
for (const { name, run } of methodContract(deepLiftShap, { options: { baseline: 'random' } })) test(`${name} (random baseline)`, run);
