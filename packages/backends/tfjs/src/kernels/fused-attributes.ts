import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';

/** By the data of a fused operation's result: with which attributes it ran. */
const ATTRIBUTES = new WeakMap<object, NamedAttrMap>();

/**
 * A fused kernel that remembers its attributes. The tape keeps those of plain operations alone, so that a gradient for a fused one could
 * not know its strides.
 */
export const remembering = (shipped: KernelFunc | undefined): KernelFunc => (call) => {
  if (shipped === undefined) throw new Error('internal: every engine has the fused kernels');
  const result = shipped(call);
  for (const { dataId } of Array.isArray(result) ? result : [result]) ATTRIBUTES.set(dataId, call.attrs ?? {});
  return result;
};

/** The attributes with which a fused operation gave this result. */
export function attributesOf({ dataId }: TensorInfo): NamedAttrMap {
  const found = ATTRIBUTES.get(dataId);
  if (found === undefined) throw new Error('the attributes of the fused operation are not known');
  return found;
}
