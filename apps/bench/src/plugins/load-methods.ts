import { pathToFileURL } from 'node:url';
import { PellucidError, suggestNames, type Method } from '@pellucid/core';
import { describeBroken, isMethodFactory, type AnyMethodFactory, type FoundMethod } from '@pellucid/plugins';
import type { MethodChoice } from '../configuration/configuration.ts';
import type { ProtocolMethod } from '../configuration/protocol.ts';
import { importPackage } from './import-package.ts';
import { broughtMethods, CONTROLS } from './known-methods.ts';

/** Options of methods or metrics by name. */
export type OptionsByName = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Found {
  readonly name: string;
  readonly factory: AnyMethodFactory;
  readonly packageName: string;
  readonly entry: string | null;
  readonly options: Readonly<Record<string, unknown>>;
}

async function findBrought(name: string): Promise<FoundMethod | undefined> {
  return (await broughtMethods()).methods.find(({ factory }) => factory.name === name);
}

async function findMethods({ name, method = name, package: origin, options = {} }: ProtocolMethod, from: string): Promise<Found[]> {
  const brought = origin === undefined ? await findBrought(method) : undefined;
  if (brought !== undefined) return [{ name, ...brought, entry: null, options }];
  const loaded = await importPackage(origin ?? method, 'methods', from);
  const methods = loaded?.methods.filter(({ factory }) => origin === undefined || factory.name === method) ?? [];
  if (loaded === undefined || methods.length === 0) {
    const { methods: brought, broken } = await broughtMethods();
    const nearest = suggestNames(method, [...brought.map(({ factory }) => factory.name), ...CONTROLS]);
    throw new PellucidError('METHOD_UNKNOWN', {
      kind: 'method', name: method, help: `${nearest} ${broken.length > 0 ? describeBroken(broken) : 'A package of methods has to be installed.'}`,
    });
  }
  // Of a package that was named alone, each method stands under its own name.
  return methods.map(({ factory, packageName }) => ({ name: name === method ? factory.name : name, factory, packageName, entry: loaded.entry, options }));
}

function checkNamed(given: OptionsByName, names: readonly string[], kind: string): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new PellucidError('CONFIGURATION_INVALID', {
      where: `of ${kind} options`, problem: `\`${name}\` is none of the ${kind}s of this run`, help: suggestNames(name, names),
    });
  }
}

/** Options that were said, over those that a protocol says for all that have them. */
export function mergeOptions(specs: Readonly<Record<string, unknown>>, shared: Readonly<Record<string, unknown>>, ...own: readonly (Readonly<Record<string, unknown>> | undefined)[]): Readonly<Record<string, unknown>> {
  const common = Object.fromEntries(Object.entries(shared).filter(([name, value]) => value !== undefined && name in specs));
  return Object.assign({}, common, ...own) as Readonly<Record<string, unknown>>;
}

/**
 * Finds methods by name, or all methods of a package by the package's name, checks their options and fills in the defaults.
 * @param given - options by the name of the row, over those of the entries
 * @param shared - options for every method that has them
 * @param from - the folder from which packages are looked for
 * @throws METHOD_UNKNOWN, OPTION_UNKNOWN, OPTION_INVALID, CONFIGURATION_INVALID.
 */
export async function chooseMethods(entries: readonly ProtocolMethod[], given: OptionsByName, shared: Readonly<Record<string, unknown>>, from: string): Promise<MethodChoice[]> {
  const found = (await Promise.all(entries.map((entry) => findMethods(entry, from)))).flat();
  checkNamed(given, found.map(({ name }) => name), 'method');
  return found.map(({ name, factory, packageName, entry, options }) => ({
    name, method: factory.name, packageName, entry, control: false,
    options: factory(mergeOptions(factory.options, shared, options, given[name])).options,
  }));
}

/** A control as it stands among the methods. */
export function chooseControl(name: string): MethodChoice {
  return { name, method: name, packageName: null, entry: null, control: true, options: {} };
}

/** The factory of a chosen method, in the process that runs it. @throws METHOD_UNKNOWN when its package changed. */
export async function loadMethodFactory({ method, entry }: MethodChoice): Promise<AnyMethodFactory> {
  const exported = entry === null ? [] : Object.values((await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>);
  const factory = entry === null ? (await findBrought(method))?.factory : exported.filter(isMethodFactory).find((candidate) => candidate.name === method);
  if (factory === undefined) throw new PellucidError('METHOD_UNKNOWN', { kind: 'method', name: method, help: 'Its package changed during the run.' });
  return factory;
}

/** Makes a chosen method again, in the process that runs it. @throws METHOD_UNKNOWN when its package changed. */
export async function loadMethod(choice: MethodChoice): Promise<Method> {
  return (await loadMethodFactory(choice))(choice.options);
}
