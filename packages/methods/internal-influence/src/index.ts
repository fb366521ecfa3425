export { internalInfluence, type InternalInfluenceOptions } from './internal-influence.ts';
