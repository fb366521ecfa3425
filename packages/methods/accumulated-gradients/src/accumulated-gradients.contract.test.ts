import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { accumulatedGradients } from './accumulated-gradients.ts';

for (const { name, run } of methodContract(accumulatedGradients)) test(name, run);
for (const { name, run } of methodContract(accumulatedGradients, { options: { reduce: 'absolute-mean' } })) test(`${name} (absolute-mean)`, run);
