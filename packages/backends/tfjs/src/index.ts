export type { EngineName } from './engine/engine-name.ts';
export { isInstalled } from './engine/is-installed.ts';
export { openEngine, type Device, type TfjsEngine } from './engine/open-engine.ts';
export type { TfjsCapability } from './model/adapter.ts';
export { loadModel, type LoadModelOptions, type ModelSource } from './model/load-model.ts';
export type { NetworkSettings } from './model/describe-input.ts';
export type { ModelBytes } from './model/model-source.ts';
