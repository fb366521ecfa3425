import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { attentionRollout } from './attention-rollout.ts';

for (const { name, run } of methodContract(attentionRollout)) test(name, run);
