import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { kernelShap } from './kernel-shap.ts';

for (const { name, run } of methodContract(kernelShap, { options: { samples: 40, features: [3, 3] } })) test(name, run);
const each = { options: { samples: 150, features: 'each' }, linear: (weight: number, x: number): number => weight * x } as const;
for (const { name, run } of methodContract(kernelShap, each)) test(`${name} (each value)`, run);
