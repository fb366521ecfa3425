export { xrai, type XraiOptions } from './xrai.ts';
