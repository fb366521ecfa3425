export { gradientShap, type GradientShapOptions } from './gradient-shap.ts';
