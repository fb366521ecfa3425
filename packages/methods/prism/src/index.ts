export { prism, type PrismOptions } from './prism.ts';
