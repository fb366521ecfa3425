import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Capability, Method, MethodFactory } from '@pellucid/core';
import { readManifest, type PackageManifest } from './package-manifest.ts';

/** A method factory whose options are known by their description alone. */
export type AnyMethodFactory = MethodFactory<Capability, Readonly<Record<string, unknown>>, Method>;

/** A method and the package that it comes from. */
export interface FoundMethod {
  readonly packageName: string;
  readonly factory: AnyMethodFactory;
}

/** A package that says that it offers methods but cannot be loaded. */
export interface BrokenPackage {
  readonly packageName: string;
  readonly problem: string;
}

/** Everything that a search for methods found, in the order of the names. */
export interface Discovery {
  readonly methods: readonly FoundMethod[];
  readonly broken: readonly BrokenPackage[];
}

const OWN_FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../..');

function isMethodFactory(value: unknown): value is AnyMethodFactory {
  return (
    typeof value === 'function' && 'kind' in value && 'title' in value && 'paper' in value &&
    'needs' in value && Array.isArray(value.needs) && 'options' in value && typeof value.options === 'object'
  );
}

/** The packages that this application depends on. */
async function ownPackages(): Promise<PackageManifest[]> {
  const require = createRequire(join(OWN_FOLDER, 'package.json'));
  const own = await readManifest(OWN_FOLDER);
  const folders = (own?.dependencies ?? []).flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))];
    } catch {
      return []; // Other libraries may hide their package.json; a package of methods exports it.
    }
  });
  return withMethods(folders);
}

async function withMethods(folders: readonly string[]): Promise<PackageManifest[]> {
  const manifests = await Promise.all(folders.map(readManifest));
  return manifests.filter((manifest) => manifest !== undefined).filter(({ methods }) => methods.length > 0);
}

const listFolder = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The folders of all packages in one `node_modules`. */
async function installedFolders(modules: string): Promise<string[]> {
  const names = (await listFolder(modules)).filter((name) => !name.startsWith('.'));
  const lists = await Promise.all(
    names.map(async (name) => (name.startsWith('@') ? (await listFolder(join(modules, name))).map((inner) => join(name, inner)) : [name])),
  );
  return lists.flat().map((name) => join(modules, name));
}

/** The packages with methods in every `node_modules` from a folder upward, nearest first. */
async function installedPackages(folder: string): Promise<PackageManifest[]> {
  const nearest = await withMethods(await installedFolders(join(folder, 'node_modules')));
  const parent = dirname(folder);
  return parent === folder ? nearest : [...nearest, ...(await installedPackages(parent))];
}

async function loadPackage({ name, folder, entry, methods }: PackageManifest): Promise<Discovery> {
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(pathToFileURL(join(folder, entry)).href);
    const missing = methods.filter((method) => !isMethodFactory(loaded[method]));
    return {
      methods: methods.map((method) => loaded[method]).filter(isMethodFactory).map((factory) => ({ packageName: name, factory })),
      broken: missing.map((method) => ({ packageName: name, problem: `its export \`${method}\` is no method made by \`defineMethod\`` })),
    };
  } catch (cause) {
    return { methods: [], broken: [{ packageName: name, problem: cause instanceof Error ? cause.message : String(cause) }] };
  }
}

/**
 * Finds the methods that this application brings and those of packages installed beside the user's project. A package in the user's
 * project takes the place of the same package here.
 */
export async function discoverMethods(folder: string): Promise<Discovery> {
  const packages = new Map<string, PackageManifest>();
  for (const manifest of [...(await installedPackages(folder)), ...(await ownPackages())]) {
    if (!packages.has(manifest.name)) packages.set(manifest.name, manifest);
  }
  const loaded = await Promise.all([...packages.values()].map(loadPackage));
  return {
    methods: loaded.flatMap(({ methods }) => methods).sort((a, b) => a.factory.name.localeCompare(b.factory.name)),
    broken: loaded.flatMap(({ broken }) => broken),
  };
}
