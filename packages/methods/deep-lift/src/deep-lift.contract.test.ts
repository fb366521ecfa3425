import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { deepLift } from './deep-lift.ts';

for (const { name, run } of methodContract(deepLift, { linear: (weight, x) => weight * x })) test(name, run);
for (const { name, run } of methodContract(deepLift, { options: { multiplyByInputs: false, baseline: 'random' }, linear: (weight) => weight })) {
  test(`${name} (multipliers)`, run);
}
