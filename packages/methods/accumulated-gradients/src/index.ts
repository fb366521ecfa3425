export { accumulatedGradients, type AccumulatedGradientsOptions } from './accumulated-gradients.ts';
