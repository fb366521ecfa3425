export { lime, type LimeOptions } from './lime.ts';
