import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { lime } from './lime.ts';

for (const { name, run } of methodContract(lime, { options: { samples: 40, features: [3, 2] } })) test(name, run);
for (const { name, run } of methodContract(lime, { options: { samples: 60, features: { superpixels: 5 }, alpha: 0 } })) test(`${name} (superpixels)`, run);
const exact = { options: { samples: 90, features: 'each', alpha: 0 }, linear: (weight: number, x: number): number => weight * x } as const;
for (const { name, run } of methodContract(lime, exact)) test(`${name} (each value)`, run);
