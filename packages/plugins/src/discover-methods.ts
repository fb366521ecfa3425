import { pathToFileURL } from 'node:url';
import { dependenciesOf, installedPackages } from './installed-packages.ts';
import { isMethodFactory, type AnyMethodFactory } from './method-factory.ts';
import { isMetricFactory, type AnyMetricFactory } from './metric-factory.ts';
import type { PackageManifest } from './package-manifest.ts';
import { isWrapperFactory, wrapperAsMethod, type AnyWrapperFactory } from './wrapper-factory.ts';

/** A method and the package that it comes from. */
export interface FoundMethod {
  readonly packageName: string;
  readonly factory: AnyMethodFactory;
}

/** A method around another one, and the package that it comes from. */
export interface FoundWrapper {
  readonly packageName: string;
  readonly wrapper: AnyWrapperFactory;
}

/** A metric and the package that it comes from. */
export interface FoundMetric {
  readonly packageName: string;
  readonly factory: AnyMetricFactory;
}

/** A package that says that it offers methods or metrics but cannot be loaded. */
export interface BrokenPackage {
  readonly packageName: string;
  readonly problem: string;
}

/** A sentence for each broken package, for the messages of searches that found nothing; the empty text where there are none. */
export function describeBroken(broken: readonly BrokenPackage[]): string {
  return broken.map(({ packageName, problem }) => `The package \`${packageName}\` is installed but cannot be loaded: ${problem}.`).join(' ');
}

/** Everything that a search for methods found. */
export interface Discovery {
  readonly methods: readonly FoundMethod[];
  readonly broken: readonly BrokenPackage[];
}

/** Where methods are looked for. */
export interface SearchFolders {
  /** The user's folder: every `node_modules` from there upward counts. */
  readonly user: string;
  /** The folder of the application's package.json, whose dependencies count. */
  readonly application: string;
}

/** What one package offers. */
export interface LoadedPackage extends Discovery {
  readonly wrappers: readonly FoundWrapper[];
  readonly metrics: readonly FoundMetric[];
}

/** Imports the methods and metrics of one package. What cannot be loaded is reported, not thrown. */
export async function loadPackage({ name, entry, methods, metrics }: PackageManifest): Promise<LoadedPackage> {
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(entry).href);
    const broken = (exported: string, kind: string): BrokenPackage => ({ packageName: name, problem: `its export \`${exported}\` is no ${kind}` });
    return {
      methods: methods.map((method) => loaded[method]).filter(isMethodFactory).map((factory) => ({ packageName: name, factory })),
      wrappers: methods.map((method) => loaded[method]).filter(isWrapperFactory).map((wrapper) => ({ packageName: name, wrapper })),
      metrics: metrics.map((metric) => loaded[metric]).filter(isMetricFactory).map((factory) => ({ packageName: name, factory })),
      broken: [
        ...methods.filter((method) => !isMethodFactory(loaded[method]) && !isWrapperFactory(loaded[method])).map((method) => broken(method, 'method made by `defineMethod`')),
        ...metrics.filter((metric) => !isMetricFactory(loaded[metric])).map((metric) => broken(metric, 'metric made by `defineMetric`')),
      ],
    };
  } catch (cause) {
    return { methods: [], wrappers: [], metrics: [], broken: [{ packageName: name, problem: cause instanceof Error ? cause.message : String(cause) }] };
  }
}

/**
 * Finds the methods that an application brings and those of packages installed beside the user's project, in the order of their names.
 * A package in the user's project takes the place of the same package of the application.
 */
export async function discoverMethods({ user, application }: SearchFolders): Promise<Discovery> {
  const packages = new Map<string, PackageManifest>();
  for (const manifest of [...(await installedPackages(user)), ...(await dependenciesOf(application))]) {
    if (!packages.has(manifest.name)) packages.set(manifest.name, manifest);
  }
  const loaded = await Promise.all([...packages.values()].map(loadPackage));
  const plain = loaded.flatMap(({ methods }) => methods);
  const wrappable = plain.map(({ factory }) => factory);
  const wrapping = loaded.flatMap(({ wrappers }) => wrappers).map(({ packageName, wrapper }) => ({ packageName, factory: wrapperAsMethod(wrapper, wrappable) }));
  return {
    methods: [...plain, ...wrapping].sort((a, b) => a.factory.name.localeCompare(b.factory.name)),
    broken: loaded.flatMap(({ broken }) => broken),
  };
}
