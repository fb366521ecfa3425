export { lrp, type LrpOptions } from './lrp.ts';
export { lrpRules, type Composite, type LrpRuleSettings, type Rule } from './rules.ts';
