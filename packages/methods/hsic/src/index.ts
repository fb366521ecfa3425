export { hsic, type HsicOptions } from './hsic.ts';
