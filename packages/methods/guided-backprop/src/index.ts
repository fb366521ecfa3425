export { guidedBackprop, type GuidedBackpropOptions } from './guided-backprop.ts';
export { guidedBackpropRules } from './rules.ts';
