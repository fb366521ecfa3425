export { shapleySampling, type ShapleySamplingOptions } from './shapley-sampling.ts';
