export { openEngine, type Engine, type EngineOptions } from './engine/open-engine.ts';
export type { OnnxRuntime, SessionFactory } from './engine/onnxruntime-module.ts';
export { loadModel, type LoadModelOptions } from './load-model.ts';
export { portableGradient, type PortableGradientOptions } from './portable-gradient.ts';
export type { OnnxCapability } from './model/onnx-adapter.ts';
