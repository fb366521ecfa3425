export { excitationBackprop, type ExcitationBackpropOptions } from './excitation-backprop.ts';
export { excitationBackpropRules } from './rules.ts';
