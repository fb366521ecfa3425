import { PellucidError } from '../errors/pellucid-error.ts';
import { choiceOption, type OptionSpec } from '../method/options.ts';
import { gaussLegendre, type QuadratureRule } from './legendre.ts';

/** Rules for an integral along a path. */
export const QUADRATURES = ['gausslegendre', 'riemann-left', 'riemann-right', 'riemann-middle', 'riemann-trapezoid'] as const;

/** A rule for an integral along a path. */
export type Quadrature = (typeof QUADRATURES)[number];

/** A sum over `steps` cells of equal width, each with its point at this share of the cell. */
function riemann(steps: number, share: number): QuadratureRule {
  return {
    points: Float64Array.from({ length: steps }, (_, k) => (k + share) / steps),
    weights: new Float64Array(steps).fill(1 / steps),
  };
}

/** `steps` points, both ends among them: steps - 1 cells. The weights sum to 1 (Captum's sum to (steps - 1) / steps). */
function trapezoid(steps: number, name: string): QuadratureRule {
  if (steps < 2) {
    throw new PellucidError('OPTION_INVALID', {
      option: 'steps', name, expected: 'integer >= 2 for the quadrature riemann-trapezoid', actual: steps,
    });
  }
  const cells = steps - 1;
  return {
    points: Float64Array.from({ length: steps }, (_, k) => k / cells),
    weights: Float64Array.from({ length: steps }, (_, k) => (k === 0 || k === cells ? 0.5 : 1) / cells),
  };
}

/** The `quadrature` option of a method that integrates along a path. */
export const quadratureOption: OptionSpec<Quadrature> = choiceOption(QUADRATURES, 'gausslegendre', 'The rule for the integral along the path.');

/** Points and weights on [0, 1] for a method; the weights sum to 1. @throws OPTION_INVALID for a trapezoid of one point. */
export function quadratureRule(quadrature: Quadrature, steps: number, method: string): QuadratureRule {
  switch (quadrature) {
    case 'gausslegendre':
      return gaussLegendre(steps);
    case 'riemann-left':
      return riemann(steps, 0);
    case 'riemann-right':
      return riemann(steps, 1);
    case 'riemann-middle':
      return riemann(steps, 0.5);
    case 'riemann-trapezoid':
      return trapezoid(steps, method);
  }
}
