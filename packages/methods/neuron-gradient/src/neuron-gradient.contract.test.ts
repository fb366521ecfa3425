import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { neuronGradient } from './neuron-gradient.ts';

for (const { name, run } of methodContract(neuronGradient)) test(name, run);
