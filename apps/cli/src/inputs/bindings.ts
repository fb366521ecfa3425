import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeNpy, PellucidError, type Tensor } from '@pellucid/core';
import { fileProblem } from './file-problem.ts';

/** `--bind NAME=FILE`: an input of the model, and the file of its values as the user writes it. */
export interface Binding {
  readonly name: string;
  readonly file: string;
}

/** Values by the names of inputs. */
export type Bound = Readonly<Record<string, Tensor>>;

/** Reads `NAME=FILE.npy` and adds it to the earlier ones. Names may hold `=`; the file is what comes behind the last. @throws CONFIGURATION_INVALID. */
export function parseBinding(text: string, earlier: readonly Binding[] = []): readonly Binding[] {
  const invalid = (problem: string): PellucidError => new PellucidError('CONFIGURATION_INVALID', {
    where: 'of `--bind`', problem, help: 'Give the name of an input and a `.npy` file of its values: `--bind mask=mask.npy`; repeat the option for further inputs.',
  });
  const at = text.lastIndexOf('=');
  const [name, file] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (name === '' || file === '') throw invalid(`\`${text}\` is not of the form NAME=FILE.npy`);
  if (earlier.some((binding) => binding.name === name)) throw invalid(`the input \`${name}\` is bound twice`);
  return [...earlier, { name, file }];
}

async function readValues({ name, file }: Binding, folder: string): Promise<readonly [string, Tensor]> {
  const bytes = await readFile(resolve(folder, file)).catch((cause: unknown) => {
    throw new PellucidError('DATA_MISSING', {
      what: `the values of input \`${name}\``, where: file, problem: fileProblem(cause), help: 'Give a `.npy` file of float32 values: `--bind NAME=FILE.npy`.',
    }, { cause });
  });
  return [name, decodeNpy(bytes, file)];
}

/** Reads the values of bound inputs. @throws DATA_MISSING, DATA_INVALID. */
export async function readBindings(bindings: readonly Binding[], folder: string): Promise<Bound> {
  return Object.fromEntries(await Promise.all(bindings.map((binding) => readValues(binding, folder))));
}
