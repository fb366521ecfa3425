import type { KernelBackend, KernelFunc } from '@tensorflow/tfjs-core';

/** Kernel `Identity` that shares the data. The one that ships for WebAssembly copies it whenever the tape keeps a tensor. */
export const sharedIdentity: KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs['x']!;
  (backend as KernelBackend).incRef(dataId);
  return { dataId, shape, dtype };
};
