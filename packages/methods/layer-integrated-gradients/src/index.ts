export { layerIntegratedGradients, type LayerIntegratedGradientsOptions } from './layer-integrated-gradients.ts';
