import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { guidedBackprop } from './guided-backprop.ts';

for (const { name, run } of methodContract(guidedBackprop, { linear: (weight) => weight })) test(name, run);
