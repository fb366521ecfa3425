import type { KernelFunc } from '@tensorflow/tfjs-core';

import type { HostBackend } from './host-memory.ts';

/** Kernel `Identity` that shares the data. The one that ships for WebAssembly copies it whenever the tape keeps a tensor. */
export const sharedIdentity: KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs['x']!;
  (backend as HostBackend).incRef(dataId);
  return { dataId, shape, dtype };
};
