import type { KernelFunc } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Kernel `Identity` that shares the data. The one that ships for WebAssembly copies it whenever the tape keeps a tensor. */
export const sharedIdentity: KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs['x']!;
  (backend as BackendWasm).incRef(dataId);
  return { dataId, shape, dtype };
};
