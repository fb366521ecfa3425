export { layerDeepLift, type LayerDeepLiftOptions } from './layer-deep-lift.ts';
