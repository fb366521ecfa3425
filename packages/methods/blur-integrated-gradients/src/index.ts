export { blurIntegratedGradients, type BlurIntegratedGradientsOptions } from './blur-integrated-gradients.ts';
