import { readFile } from 'node:fs/promises';
import { PellucidError } from '@pellucid/core';
import { fileProblem } from './file-problem.ts';

const WORDNET_ID = /^n\d{8}\s+/;

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const help = 'Save the file as UTF-8 text.';
    throw new PellucidError('DATA_INVALID', { file: path, format: 'class names', problem: 'it is not UTF-8', help }, { cause });
  }
}

/**
 * Reads a file with one class name per line. A WordNet id at the start of a line, as in ImageNet's `synset_words.txt`, is left out.
 * @param shown - the path as the user wrote it: for messages
 * @throws DATA_MISSING, DATA_INVALID when it is not UTF-8 or the number of lines is not `classes`.
 */
export async function readLabels(path: string, classes: number, shown: string = path): Promise<readonly string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const problem = fileProblem(cause);
    throw new PellucidError('DATA_MISSING', { what: 'the class names', where: shown, problem, help: 'Check the path given with `--labels`.' }, { cause });
  }
  const lines = decode(bytes, shown).trimEnd().split(/\r?\n/);
  const labels = lines.map((line) => line.replace(WORDNET_ID, '').trim());
  if (labels.length === classes) return labels;
  throw new PellucidError('DATA_INVALID', {
    file: shown,
    format: 'class names',
    problem: `it has ${labels.length} line${labels.length === 1 ? '' : 's'}, but the model has ${classes} classes`,
    help: 'Give one class name per line, in the order of the model\'s outputs.',
  });
}
