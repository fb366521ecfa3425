import { PellucidError } from '@pellucid/core';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PUBLICATIONS, type Publication } from '../fetch/publications.ts';

/** What would help where the files of a data set are missing: which they are, and where they can be had. */
function whereToGet(dataset: string): string {
  const publication = new Map<string, Publication>(Object.entries(PUBLICATIONS)).get(dataset);
  const here = 'Put the files there, or name the folder that holds them as the data folder.';
  if (publication === undefined) return here;
  const urls = publication.files.map(({ url }) => url).join(', ');
  return `${here} \`pellucid-bench data fetch ${dataset}\` (\`fetchDataset\`) gets them from ${urls}.`;
}

/**
 * The files of a folder whose names match one of the patterns: all that match the first pattern that any file matches, sorted.
 * The first of the folders that holds some wins.
 * @param part - what of the data set
 * @throws DATA_MISSING that lists the folders and names that were looked for, and says where the files can be had.
 */
export async function locate(
  dataset: string,
  part: string,
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
    what: `the ${part} of ${dataset}`,
    where: folders.join('`, `'),
    problem: `none of these is there: ${lookedFor.join(', ')}`,
    help: whereToGet(dataset),
  });
}
