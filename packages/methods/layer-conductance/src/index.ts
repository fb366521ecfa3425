export { layerConductance, type LayerConductanceOptions } from './layer-conductance.ts';
