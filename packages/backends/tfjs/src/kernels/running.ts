import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';

/** Kernels `Cumsum` and `Cumprod` that count axes from the end: there the ones that ship read and write beyond their tensors. */
export const running = (shipped: KernelFunc | undefined): KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has this kernel');
  const { axis, ...attrs } = call.attrs as NamedAttrMap & { readonly axis: number };
  const { shape } = call.inputs['x'] as TensorInfo;
  return shipped({ ...call, attrs: { ...attrs, axis: axis < 0 ? axis + shape.length : axis } });
};
