import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { featureAblation } from './feature-ablation.ts';

for (const { name, run } of methodContract(featureAblation, { options: { features: [3, 2] } })) test(name, run);
for (const { name, run } of methodContract(featureAblation, { options: { features: 'each' }, linear: (weight, x) => weight * x })) test(`${name} (each value)`, run);
for (const { name, run } of methodContract(featureAblation, { options: { features: { superpixels: 5 }, baseline: 'blur' } })) test(`${name} (superpixels)`, run);
