export { fem, type FemOptions } from './fem.ts';
