import type { DataId, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** Forgets something that was derived, and frees it. */
type Drop = () => void;

/** What one engine derived from weights. */
interface Derivations {
  /** By the data of the first weight. */
  readonly made: WeakMap<object, Map<string, TensorInfo>>;
  /** What goes when a weight goes. */
  readonly followers: WeakMap<object, Set<Drop>>;
  /** Numbers that tell data apart. */
  readonly numbers: WeakMap<object, number>;
}

const DERIVED = new WeakMap<KernelBackend, Derivations>();

/** Makes an engine free what was derived from a weight when it frees the weight. */
function follow(backend: KernelBackend): Derivations {
  const derivations: Derivations = { made: new WeakMap(), followers: new WeakMap(), numbers: new WeakMap() };
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: DataId, force?: boolean): boolean => {
    const freed = dispose(dataId, force);
    if (!freed) return false;
    for (const drop of derivations.followers.get(dataId) ?? []) drop();
    derivations.followers.delete(dataId);
    return true;
  };
  DERIVED.set(backend, derivations);
  return derivations;
}

let counted = 0;

/** Tells weights apart: by their data and, since reshaped tensors share theirs, by their shape. */
function identify({ numbers }: Derivations, { dataId, shape }: TensorInfo): string {
  const number = numbers.get(dataId) ?? ++counted;
  numbers.set(dataId, number);
  return `${number} ${shape.join('x')}`;
}

/**
 * Data that depends on weights alone, made on first use and kept for as long as all of them: a filter in the order that its gradient reads
 * it. WebAssembly also packs each filter only once. `form` names what is derived.
 */
export function deriveOnce(backend: KernelBackend, weights: readonly [TensorInfo, ...TensorInfo[]], form: string, make: () => TensorInfo): TensorInfo {
  const derivations = DERIVED.get(backend) ?? follow(backend);
  const { made, followers } = derivations;
  const { dataId: first } = weights[0];
  const forms = made.get(first) ?? new Map<string, TensorInfo>();
  made.set(first, forms);
  const key = [form, ...weights.map((weight) => identify(derivations, weight))].join();
  const known = forms.get(key);
  if (known !== undefined) return known;
  const result = make();
  forms.set(key, result);
  const sources = new Set(weights.map(({ dataId }) => dataId));
  const drop = (): void => {
    forms.delete(key);
    for (const source of sources) followers.get(source)?.delete(drop);
    backend.disposeData(result.dataId);
  };
  for (const source of sources) followers.set(source, (followers.get(source) ?? new Set<Drop>()).add(drop));
  return result;
}
