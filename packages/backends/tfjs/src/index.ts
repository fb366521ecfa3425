export type { EngineName } from './engine/engine-name.ts';
export { openEngine, type TfjsEngine } from './engine/open-engine.ts';
