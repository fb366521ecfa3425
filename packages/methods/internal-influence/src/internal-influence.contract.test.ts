import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { internalInfluence } from './internal-influence.ts';

for (const { name, run } of methodContract(internalInfluence, { options: { steps: 4 } })) test(name, run);
