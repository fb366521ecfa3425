import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';

const PLACE = Symbol.for('pellucid.backend-tfjs.fused-attributes');

/**
 * By the data of a fused operation's result: with which attributes it ran. Kernels are installed once per process, so what they write has
 * to be found by every copy of this package.
 */
const ATTRIBUTES: WeakMap<object, NamedAttrMap> = ((globalThis as { [PLACE]?: WeakMap<object, NamedAttrMap> })[PLACE] ??= new WeakMap());

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
