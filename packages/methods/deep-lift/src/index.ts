export { deepLift, type DeepLiftOptions } from './deep-lift.ts';
export { deepLiftRules } from '@pellucid/core';
