export { deepLiftShap, type DeepLiftShapOptions } from './deep-lift-shap.ts';
