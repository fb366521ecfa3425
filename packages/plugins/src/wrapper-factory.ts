import { PellucidError, suggestNames, type Capability, type MethodFactory, type OptionSpec, type SampleMethod, type WrapperFactory } from '@pellucid/core';
import type { AnyMethodFactory } from './method-factory.ts';

/** A wrapper whose options are known by their description alone. */
export type AnyWrapperFactory = WrapperFactory<Readonly<Record<string, unknown>>>;

/** Whether a value was made by `defineWrapper`, of whichever copy of core. */
export function isWrapperFactory(value: unknown): value is AnyWrapperFactory {
  return typeof value === 'function' && 'wraps' in value && 'title' in value && 'paper' in value && 'options' in value && typeof value.options === 'object';
}

/** What the option `method` of a wrapper may hold. */
type WrappedChoice = string | { readonly name: string; readonly options?: Readonly<Record<string, unknown>> };

const isChoice = (value: unknown): value is WrappedChoice =>
  (typeof value === 'string' && value !== '') ||
  (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' &&
    Object.keys(value).every((key) => key === 'name' || key === 'options') &&
    (!('options' in value) || (typeof value.options === 'object' && value.options !== null && !Array.isArray(value.options))));

const METHOD_OPTION: OptionSpec<unknown> = {
  type: 'method name, or { "name": ..., "options": {...} }',
  description: 'The method whose maps are summarised.',
  default: undefined,
  accepts: (value): value is WrappedChoice => isChoice(value),
};

/** The wrapped method of a choice. @throws METHOD_UNKNOWN, REQUEST_INVALID, and what its own options throw. */
function makeWrapped(wrapper: string, choice: WrappedChoice, methods: readonly AnyMethodFactory[]): SampleMethod {
  const { name, options = {} } = typeof choice === 'string' ? { name: choice } : choice;
  const factory = methods.find((candidate) => candidate.name === name);
  if (factory === undefined) {
    const help = suggestNames(name, methods.filter(({ kind }) => kind === 'local').map((candidate) => candidate.name));
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help });
  }
  const method = factory(options);
  if (factory.kind === 'local' && 'explain' in method) return method;
  throw new PellucidError('REQUEST_INVALID', {
    action: `wrap \`${name}\` in \`${wrapper}\``, problem: 'it makes no map for each sample by itself', help: 'Choose a method of the kind `local`.',
  });
}

/**
 * A wrapper as a method among methods: what it wraps is one more option, `method`, a name or a name with options. It needs what the wrapped
 * method needs, which is known when it is configured.
 */
export function wrapperAsMethod(wrapper: AnyWrapperFactory, methods: readonly AnyMethodFactory[]): AnyMethodFactory {
  const { name, title, paper, kind } = wrapper;
  const factory = ({ method, ...options }: Readonly<Record<string, unknown>> = {}): SampleMethod => {
    if (isChoice(method)) return wrapper(makeWrapped(name, method, methods), options);
    throw new PellucidError('OPTION_INVALID', { option: 'method', name, expected: METHOD_OPTION.type, actual: JSON.stringify(method) ?? 'nothing' });
  };
  const description = { name, title, paper, kind, needs: [], wraps: wrapper.wraps, options: { ...wrapper.options, method: METHOD_OPTION } };
  for (const [key, value] of Object.entries(description)) Object.defineProperty(factory, key, { value, enumerable: true });
  return factory as unknown as MethodFactory<Capability, Readonly<Record<string, unknown>>>;
}
