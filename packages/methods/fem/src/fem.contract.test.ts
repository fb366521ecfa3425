import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { fem } from './fem.ts';

for (const { name, run } of methodContract(fem)) test(name, run);
