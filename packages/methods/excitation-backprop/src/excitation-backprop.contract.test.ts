import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { excitationBackprop } from './excitation-backprop.ts';

for (const { name, run } of methodContract(excitationBackprop)) test(name, run);
for (const { name, run } of methodContract(excitationBackprop, { options: { contrastive: true } })) test(`${name} (contrastive)`, run);
for (const { name, run } of methodContract(excitationBackprop, { options: { layer: 'conv' } })) test(`${name} (a layer)`, run);
