export { rise, type RiseOptions } from './rise.ts';
