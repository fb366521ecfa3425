export { integratedGradients, type IntegratedGradientsOptions } from './integrated-gradients.ts';
