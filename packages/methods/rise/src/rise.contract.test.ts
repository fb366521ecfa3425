import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { rise } from './rise.ts';

for (const { name, run } of methodContract(rise)) test(name, run);
