import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts';

for (const { name, run } of methodContract(gradCamPlusPlus)) test(name, run);
