export { fullGrad, type FullGradOptions } from './full-grad.ts';
