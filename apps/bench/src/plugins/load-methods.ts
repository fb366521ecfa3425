import { pathToFileURL } from 'node:url';
import { PellucidError, suggestNames, type Method } from '@pellucid/core';
import type { MethodChoice } from '../configuration/configuration.ts';
import { CONTROLS, isMethodFactory, KNOWN_METHODS, type AnyMethodFactory } from './known-methods.ts';
import { findMethodPackage, type MethodPackage } from './package-entry.ts';

/** Options of methods by the name of the method. */
export type OptionsByMethod = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

async function importFactories(packageName: string, { entry, exports }: MethodPackage): Promise<AnyMethodFactory[]> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new PellucidError(
      'CONFIGURATION_INVALID',
      { where: `of methods, package \`${packageName}\``, problem, help: 'Methods are made by `defineMethod` of @pellucid/core.' },
      { cause },
    );
  };
  const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(entry).href).catch((cause: unknown) =>
    fail(`it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause),
  );
  return exports.map((name) => {
    const factory = loaded[name];
    return isMethodFactory(factory) ? factory : fail(`its export \`${name}\` is no method`);
  });
}

async function chooseOne(name: string, from: string): Promise<{ factory: AnyMethodFactory | null; name: string; entry: string | null }[]> {
  if (CONTROLS.includes(name)) return [{ factory: null, name, entry: null }];
  const known = KNOWN_METHODS.find((factory) => factory.name === name);
  if (known !== undefined) return [{ factory: known, name, entry: null }];
  const found = findMethodPackage(name, from);
  if (found === undefined) {
    const help = suggestNames(name, [...KNOWN_METHODS.map((factory) => factory.name), ...CONTROLS]);
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help: `${help} A package of methods has to be installed.` });
  }
  const factories = await importFactories(name, found);
  return factories.map((factory) => ({ factory, name: factory.name, entry: found.entry }));
}

/**
 * Finds methods by name, or all methods of a package by the package's name, and checks their options. Controls are known by name too.
 * @param from - the folder from which packages are looked for
 * @throws METHOD_UNKNOWN, OPTION_UNKNOWN, OPTION_INVALID, CONFIGURATION_INVALID.
 */
export async function chooseMethods(names: readonly string[], options: OptionsByMethod, from: string): Promise<MethodChoice[]> {
  const found = (await Promise.all([...new Set(names)].map((name) => chooseOne(name, from)))).flat();
  for (const method of Object.keys(options)) {
    if (found.some(({ name }) => name === method)) continue;
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: 'of method options',
      problem: `\`${method}\` is none of the methods of this run`,
      help: suggestNames(method, found.map(({ name }) => name)),
    });
  }
  return found.map(({ factory, name, entry }) => ({
    name,
    entry,
    control: factory === null,
    // Given options are checked here, and written out with the defaults filled in.
    options: factory === null ? {} : factory(options[name] ?? {}).options,
  }));
}

/** Makes a configured method again, in the process that runs it. @throws METHOD_UNKNOWN when its package changed. */
export async function loadMethod({ name, entry, options }: MethodChoice): Promise<Method> {
  const factories: readonly unknown[] =
    entry === null ? KNOWN_METHODS : Object.values((await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>);
  const factory = factories.filter(isMethodFactory).find((candidate) => candidate.name === name);
  if (factory === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help: 'Its package changed during the run.' });
  return factory(options);
}
