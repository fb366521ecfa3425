import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { rise } from './rise.ts';

for (const { name, run } of methodContract(rise, { options: { samples: 12, grid: 3 } })) test(name, run);
