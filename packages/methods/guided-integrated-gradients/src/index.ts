export { guidedIntegratedGradients, type GuidedIntegratedGradientsOptions } from './guided-integrated-gradients.ts';
