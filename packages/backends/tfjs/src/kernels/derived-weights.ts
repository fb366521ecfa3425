import type { DataId, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

type Derived = Map<string, TensorInfo>;

/** What was derived, by the data that it was derived from, for each engine. */
const DERIVED = new WeakMap<KernelBackend, WeakMap<object, Derived>>();

/** Makes an engine free what was derived from a weight when it frees the weight. */
function follow(backend: KernelBackend): WeakMap<object, Derived> {
  const derived = new WeakMap<object, Derived>();
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force?: boolean): boolean => {
    const freed = dispose(dataId, force);
    if (!freed) return false;
    for (const follower of derived.get(dataId)?.values() ?? []) dispose(follower.dataId);
    derived.delete(dataId);
    return true;
  };
  DERIVED.set(backend, derived);
  return derived;
}

/**
 * Data that depends on a weight alone, made on first use and kept for as long as the weight: a filter in the order that its gradient reads
 * it. WebAssembly also packs each filter only once. `form` names what is derived.
 */
export function deriveOnce(backend: KernelBackend, weight: TensorInfo, form: string, make: () => TensorInfo): TensorInfo {
  const derived = DERIVED.get(backend) ?? follow(backend);
  const forms = derived.get(weight.dataId) ?? new Map<string, TensorInfo>();
  derived.set(weight.dataId, forms);
  // Reshaped tensors share their data.
  const key = `${form} of ${weight.shape.join('x')}`;
  const known = forms.get(key);
  if (known !== undefined) return known;
  const made = make();
  forms.set(key, made);
  return made;
}
