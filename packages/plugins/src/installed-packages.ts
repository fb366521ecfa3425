import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readManifest, type PackageManifest } from './package-manifest.ts';

const listFolder = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function manifestsWithMethods(folders: readonly string[]): Promise<PackageManifest[]> {
  const manifests = await Promise.all(folders.map(readManifest));
  return manifests.filter((manifest) => manifest !== undefined).filter(({ methods }) => methods.length > 0);
}

/** The folders of all packages in one `node_modules`. */
async function foldersIn(modules: string): Promise<string[]> {
  const names = (await listFolder(modules)).filter((name) => !name.startsWith('.'));
  const lists = await Promise.all(
    names.map(async (name) => (name.startsWith('@') ? (await listFolder(join(modules, name))).map((inner) => join(name, inner)) : [name])),
  );
  return lists.flat().map((name) => join(modules, name));
}

/** The packages with methods in every `node_modules` from a folder upward, nearest first. */
export async function installedPackages(folder: string): Promise<PackageManifest[]> {
  const nearest = await manifestsWithMethods(await foldersIn(join(folder, 'node_modules')));
  const parent = dirname(folder);
  return parent === folder ? nearest : [...nearest, ...(await installedPackages(parent))];
}

/** An installed package by its name, looked for as Node does: in each `node_modules` from a folder upward. */
export async function installedPackage(name: string, folder: string): Promise<PackageManifest | undefined> {
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || name.startsWith('.')) return undefined;
  const found = await readManifest(join(folder, 'node_modules', name));
  const parent = dirname(folder);
  return found ?? (parent === folder ? undefined : installedPackage(name, parent));
}

/** The packages with methods that an application itself depends on, given the folder of its package.json. */
export async function dependenciesOf(application: string): Promise<PackageManifest[]> {
  const require = createRequire(join(application, 'package.json'));
  const own = await readManifest(application);
  const folders = (own?.dependencies ?? []).flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))];
    } catch {
      return []; // Other libraries may hide their package.json; a package of methods exports it.
    }
  });
  return manifestsWithMethods(folders);
}
