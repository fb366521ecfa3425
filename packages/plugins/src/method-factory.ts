import type { Capability, Method, MethodFactory } from '@pellucid/core';

/** A method factory whose options are known by their description alone. */
export type AnyMethodFactory = MethodFactory<Capability, Readonly<Record<string, unknown>>, Method> & {
  /** Set for a method around another one, which decides what it needs; its option `method` has no default. */
  readonly wraps?: 'local';
};

/** Whether a value was made by `defineMethod` or `defineGlobalMethod`, of whichever copy of core. */
export function isMethodFactory(value: unknown): value is AnyMethodFactory {
  return (
    typeof value === 'function' && 'kind' in value && 'title' in value && 'paper' in value &&
    'needs' in value && Array.isArray(value.needs) && 'options' in value && typeof value.options === 'object'
  );
}
