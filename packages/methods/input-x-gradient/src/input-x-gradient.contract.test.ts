import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { inputXGradient } from './input-x-gradient.ts';

for (const { name, run } of methodContract(inputXGradient, { linear: (weight, x) => weight * x })) test(name, run);
