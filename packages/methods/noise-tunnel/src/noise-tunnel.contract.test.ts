import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { noiseTunnel } from './noise-tunnel.ts';

for (const { name, run } of methodContract(noiseTunnel)) test(name, run);
