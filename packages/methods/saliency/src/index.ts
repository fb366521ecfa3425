export { saliency, type SaliencyOptions } from './saliency.ts';
