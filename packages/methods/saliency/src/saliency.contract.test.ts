import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { saliency } from './saliency.ts';

for (const { name, run } of methodContract(saliency, { linear: (weight) => weight })) test(name, run);
for (const { name, run } of methodContract(saliency, { options: { absolute: true }, linear: Math.abs })) test(`${name} (absolute)`, run);
