import { test } from '@jest/globals';
import { wrapperContract } from '@pellucid/testkit';
import { noiseTunnel } from './noise-tunnel.ts';

for (const type of ['smoothgrad', 'smoothgrad-squared', 'vargrad'] as const) {
  for (const { name, run } of wrapperContract(noiseTunnel, { options: { type, samples: 5 } })) test(`${name} (${type})`, run);
}
