import { resolve } from 'node:path';
import { fetchDataset, PUBLICATIONS } from '@pellucid/datasets';
import type { Flags } from './settings-from-flags.ts';
import type { Terminal } from './terminal.ts';

const MEBIBYTE = 2 ** 20;

/** Says how far a file has come, a tenth at a time. */
function reporter(stderr: Terminal['stderr']): (file: string, done: number, total: number | null) => void {
  let last = '';
  return (file, done, total) => {
    const share = total === null ? `${Math.floor(done / MEBIBYTE / 10) * 10} MiB` : `${Math.floor((10 * done) / total) * 10} % of ${(total / MEBIBYTE).toFixed(1)} MiB`;
    const line = `${file}: ${share}\n`;
    if (line !== last) stderr.write(line);
    last = line;
  };
}

/**
 * Downloads a data set from its publisher and says under which licence it stands.
 * @throws METHOD_UNKNOWN, DATA_MISSING, DATA_INVALID, OUTPUT_UNWRITABLE.
 */
export async function fetchData(name: string, flags: Flags, { stdout, stderr, folder }: Terminal): Promise<void> {
  const directory = resolve(folder, typeof flags['dataDir'] === 'string' ? flags['dataDir'] : 'data');
  const publication = new Map(Object.entries(PUBLICATIONS)).get(name);
  if (publication !== undefined) stderr.write(`${publication.title}; licence: ${publication.licence}\n`);
  const files = await fetchDataset(name, directory, { onProgress: reporter(stderr) });
  for (const file of files) stdout(`${file.status.padEnd(10)} ${resolve(directory, name, file.name)}\n`);
  stdout(`use it with: --dataset ${name} --data-dir ${directory}\n`);
}
