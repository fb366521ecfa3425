import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { shapleySampling } from './shapley-sampling.ts';

const options = { samples: 3, features: [3, 2] } as const;
for (const { name, run } of methodContract(shapleySampling, { options })) test(name, run);
for (const { name, run } of methodContract(shapleySampling, { options: { samples: 2, features: 'each' }, linear: (weight, x) => weight * x })) test(`${name} (each value)`, run);
