export { activations, type ActivationsOptions } from './activations.ts';
