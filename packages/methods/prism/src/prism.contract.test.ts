import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { prism } from './prism.ts';

for (const { name, run } of methodContract(prism)) test(name, run);
