import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { activations } from './activations.ts';

for (const { name, run } of methodContract(activations)) test(name, run);
