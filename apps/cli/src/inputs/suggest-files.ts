import { readdir } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { suggestNames } from '@pellucid/core';

/**
 * The names in the same folder that are nearest to that of a file that is not there, among those that could stand in its place: folders, and files
 * of these endings. `otherwise` where there are none.
 */
export async function suggestFiles(path: string, endings: readonly string[], otherwise: string): Promise<string> {
  const siblings = await readdir(dirname(path), { withFileTypes: true }).catch(() => []);
  const names = siblings
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || endings.includes(extname(entry.name).toLowerCase())))
    .map(({ name }) => name);
  return names.length === 0 ? otherwise : suggestNames(basename(path), names);
}
