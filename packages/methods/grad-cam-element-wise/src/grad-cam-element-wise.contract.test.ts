import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { gradCamElementWise } from './grad-cam-element-wise.ts';

for (const { name, run } of methodContract(gradCamElementWise)) test(name, run);
