export { excitationBackprop, type ExcitationBackpropOptions } from './excitation-backprop.ts';
