import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { PellucidError } from '@pellucid/core';
import { parsePreprocessing, type Preprocessing } from '@pellucid/datasets';
import { parseJsonObject } from '../command-line/parse-values.ts';
import { fileProblem } from './file-problem.ts';

/** What happens to the values of an image before the model sees them. */
export interface NamedPreprocessing {
  /** As the user said it: a name or a file. */
  readonly name: string;
  readonly steps: Preprocessing;
}

/** Finds a preprocessing by name, or reads it from a JSON file. @throws CONFIGURATION_INVALID, DATA_MISSING. */
export async function readPreprocessing(name: string, folder: string): Promise<NamedPreprocessing> {
  if (extname(name).toLowerCase() !== '.json') return { name, steps: parsePreprocessing(name, 'of `--preprocess`') };
  let text: string;
  try {
    text = await readFile(resolve(folder, name), 'utf8');
  } catch (cause) {
    const problem = fileProblem(cause);
    const help = 'Check the path given with `--preprocess`.';
    throw new PellucidError('DATA_MISSING', { what: 'the preprocessing', where: name, problem, help }, { cause });
  }
  const where = `in \`${name}\``;
  return { name, steps: parsePreprocessing(parseJsonObject(text, where, 'Give one JSON object, such as {"scale":0.00392,"mean":[0.5,0.5,0.5]}.'), where) };
}
