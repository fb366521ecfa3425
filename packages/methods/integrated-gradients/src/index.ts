export { integratedGradients, type IntegratedGradientsOptions } from './integrated-gradients.ts';
export type { Quadrature } from './quadrature.ts';
