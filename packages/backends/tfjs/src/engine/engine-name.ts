/** A runtime of TensorFlow.js, fastest first: TensorFlow on a GPU, TensorFlow, WebAssembly, plain JavaScript. */
export type EngineName = 'node-gpu' | 'node' | 'wasm' | 'cpu';

/** The order in which `openEngine` tries them. */
export const ENGINE_ORDER: readonly EngineName[] = ['node-gpu', 'node', 'wasm', 'cpu'];

/** What TensorFlow.js calls the backend of an engine. */
export const BACKEND_OF: Readonly<Record<EngineName, string>> = {
  'node-gpu': 'tensorflow',
  node: 'tensorflow',
  wasm: 'wasm',
  cpu: 'cpu',
};

/** Whether an engine runs in a native addon that must be installed separately. */
export function isNative(engine: EngineName): engine is 'node-gpu' | 'node' {
  return engine === 'node-gpu' || engine === 'node';
}
