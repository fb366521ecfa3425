import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { gradientShap } from './gradient-shap.ts';

const fixed = { samples: 4, baseline: 'zero' } as const;
for (const { name, run } of methodContract(gradientShap, { options: fixed, linear: (weight, x) => weight * x })) test(name, run);
for (const { name, run } of methodContract(gradientShap, { options: { ...fixed, sigma: 0.3 } })) test(`${name} (with noise)`, run);
