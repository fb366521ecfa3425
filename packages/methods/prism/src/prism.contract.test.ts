import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { prism } from './prism.ts';

for (const { name, run } of methodContract(prism)) test(name, run);
for (const { name, run } of methodContract(prism, { options: { gradualExtrapolation: false, inclusive: true, exclusive: true, layers: ['conv', 'relu'] } })) {
  test(`${name} (quantised)`, run);
}
