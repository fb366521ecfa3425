import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { suggestNames } from '@pellucid/core';

/** The names in the same folder that are nearest to that of a file that is not there; `otherwise` where the folder holds nothing. */
export async function suggestFiles(path: string, otherwise: string): Promise<string> {
  const siblings = (await readdir(dirname(path)).catch(() => [])).filter((name) => !name.startsWith('.'));
  return siblings.length === 0 ? otherwise : suggestNames(basename(path), siblings);
}
