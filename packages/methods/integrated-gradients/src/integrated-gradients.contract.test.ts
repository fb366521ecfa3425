import { test } from '@jest/globals';
import { methodContract } from '@pellucid/testkit';
import { integratedGradients } from './integrated-gradients.ts';
import { QUADRATURES } from '@pellucid/core';

// On a smooth model of second degree these rules are exact; the one-sided sums are not.
const EXACT = ['gausslegendre', 'riemann-middle', 'riemann-trapezoid'];

for (const quadrature of QUADRATURES) {
  const settings = { options: { quadrature, steps: 7 }, linear: (weight: number, x: number): number => weight * x, complete: EXACT.includes(quadrature) };
  for (const { name, run } of methodContract(integratedGradients, settings)) test(`${name} (${quadrature})`, run);
}
for (const { name, run } of methodContract(integratedGradients, { options: { multiplyByInputs: false, steps: 3 }, linear: (weight) => weight })) {
  test(`${name} (without the factor of the input)`, run);
}
