export { layerGradientXActivation, type LayerGradientXActivationOptions } from './layer-gradient-x-activation.ts';
