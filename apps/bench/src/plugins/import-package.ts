import { PellucidError } from '@pellucid/core';
import { installedPackage, loadPackage, type LoadedPackage } from '@pellucid/plugins';

/** What a package offers, and the file that it starts with. */
export interface ImportedPackage extends LoadedPackage {
  readonly entry: string;
}

/**
 * Imports an installed package for its methods or metrics; undefined when there is none of this name.
 * @throws CONFIGURATION_INVALID when it lists none, or one that it does not export.
 */
export async function importPackage(name: string, kind: 'methods' | 'metrics', from: string): Promise<ImportedPackage | undefined> {
  const manifest = await installedPackage(name, from);
  if (manifest === undefined) return undefined;
  const loaded = await loadPackage(manifest);
  const problem = manifest[kind].length === 0 ? `its package.json lists no ${kind}` : loaded.broken[0]?.problem;
  if (problem === undefined) return { ...loaded, entry: manifest.entry };
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: `of ${kind}, package \`${name}\``,
    problem,
    help: `A package of ${kind} has a field such as "pellucid": { "${kind}": ["mine"] } with the names of its exports.`,
  });
}
