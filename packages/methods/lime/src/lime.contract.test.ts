import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { lime } from './lime.ts';

for (const { name, run } of methodContract(lime)) test(name, run);
