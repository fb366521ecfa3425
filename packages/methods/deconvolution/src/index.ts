export { deconvolution, type DeconvolutionOptions } from './deconvolution.ts';
export { deconvolutionRules } from './rules.ts';
