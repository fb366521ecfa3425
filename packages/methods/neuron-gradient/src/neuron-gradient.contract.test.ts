import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { neuronGradient } from './neuron-gradient.ts';

for (const { name, run } of methodContract(neuronGradient)) test(name, run);
for (const { name, run } of methodContract(neuronGradient, { options: { layer: 'dense', neuron: [2] } })) test(`${name} (a named unit)`, run);
