import { PellucidError } from '@pellucid/core';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files of a folder whose names match one of the patterns: all that match the first pattern that any file matches, sorted.
 * The first of the folders that holds some wins.
 * @throws DATA_MISSING that lists the folders and names that were looked for.
 */
export async function locate(
  what: string,
  folders: readonly string[],
  patterns: readonly RegExp[],
  lookedFor: readonly string[],
): Promise<readonly string[]> {
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).sort();
    for (const pattern of patterns) {
      const found = names.filter((name) => pattern.test(name));
      if (found.length > 0) return found.map((name) => join(folder, name));
    }
  }
  throw new PellucidError('DATA_MISSING', {
    what,
    where: folders.join('`, `'),
    problem: `none of these is there: ${lookedFor.join(', ')} (each also with .gz)`,
    help: 'Put the files there, name the folder that holds them as the data folder, or let `fetchDataset` (`pellucid-bench data fetch`) get them.',
  });
}
