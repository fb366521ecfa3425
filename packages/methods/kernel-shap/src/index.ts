export { kernelShap, type KernelShapOptions } from './kernel-shap.ts';
