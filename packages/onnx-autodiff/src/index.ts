export { expandQuantized } from './backward-rules/expand-nodes.ts';
export { differentiate, type Derivative, type DerivativeRequest } from './engine/differentiate.ts';
export type { Emitter } from './engine/emitter.ts';
export { flat, type GradientRule, type RuleContext, type RuleEntry } from './engine/gradient-rule.ts';
export { operatorKind } from './operators/operator-kinds.ts';
export { storedTensors } from './operators/stored-tensors.ts';
export { OPTIMIZATIONS, type Optimization } from './passes/optimizations.ts';
export { operatorsPage } from './operators-page.ts';
export { findRule, RULES } from './rules/table.ts';
