import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { deconvolution } from './deconvolution.ts';

for (const { name, run } of methodContract(deconvolution, { linear: (weight) => weight })) test(name, run);
