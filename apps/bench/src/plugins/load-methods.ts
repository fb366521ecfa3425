import { pathToFileURL } from 'node:url';
import { PellucidError, suggestNames, type Method } from '@pellucid/core';
import { installedPackage, isMethodFactory, loadPackage, type AnyMethodFactory } from '@pellucid/plugins';
import type { MethodChoice } from '../configuration/configuration.ts';
import { broughtMethods, CONTROLS, KNOWN_METHODS } from './known-methods.ts';

/** Options of methods by the name of the method. */
export type OptionsByMethod = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** All methods of an installed package. @throws METHOD_UNKNOWN when there is none of this name, CONFIGURATION_INVALID. */
async function importPackage(name: string, from: string): Promise<{ readonly factories: readonly AnyMethodFactory[]; readonly entry: string }> {
  const manifest = await installedPackage(name, from);
  if (manifest === undefined) {
    const help = suggestNames(name, [...(await broughtMethods()).map((factory) => factory.name), ...CONTROLS]);
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help: `${help} A package of methods has to be installed.` });
  }
  const { methods, broken } = await loadPackage(manifest);
  const problem = manifest.methods.length === 0 ? 'its package.json lists no methods' : broken[0]?.problem;
  if (problem !== undefined) {
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: `of methods, package \`${name}\``,
      problem,
      help: 'A package of methods has a field such as "pellucid": { "methods": ["myMethod"] } with the names of its exports.',
    });
  }
  return { factories: methods.map(({ factory }) => factory), entry: manifest.entry };
}

/** A method that comes with the benchmark: those of the default table at hand, the others looked up. */
async function findBrought(name: string): Promise<AnyMethodFactory | undefined> {
  return KNOWN_METHODS.find((factory) => factory.name === name) ?? (await broughtMethods()).find((factory) => factory.name === name);
}

async function chooseOne(name: string, from: string): Promise<{ factory: AnyMethodFactory | null; name: string; entry: string | null }[]> {
  if (CONTROLS.includes(name)) return [{ factory: null, name, entry: null }];
  const brought = await findBrought(name);
  if (brought !== undefined) return [{ factory: brought, name, entry: null }];
  const { factories, entry } = await importPackage(name, from);
  return factories.map((factory) => ({ factory, name: factory.name, entry }));
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
  const exported = entry === null ? [] : Object.values((await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>);
  const factory = entry === null ? await findBrought(name) : exported.filter(isMethodFactory).find((candidate) => candidate.name === name);
  if (factory === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name, help: 'Its package changed during the run.' });
  return factory(options);
}
