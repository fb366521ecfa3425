import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { occlusion } from './occlusion.ts';

for (const { name, run } of methodContract(occlusion)) test(name, run);
for (const { name, run } of methodContract(occlusion, { options: { window: [3, 2], stride: [2, 2], baseline: 'blur' } })) test(`${name} (blurred)`, run);
