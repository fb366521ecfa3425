import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { xrai } from './xrai.ts';

for (const { name, run } of methodContract(xrai, { options: { steps: 3 } })) test(name, run);
