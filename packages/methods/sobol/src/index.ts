export { sobol, type SobolOptions } from './sobol.ts';
