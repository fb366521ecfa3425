export { excitationBackprop, type ExcitationBackpropOptions } from './excitation-backprop.ts';
export { contrastiveExcitationBackpropRules, excitationBackpropRules } from './rules.ts';
