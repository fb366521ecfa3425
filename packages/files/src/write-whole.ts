import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createFolder } from './create-folder.ts';
import { unwritable } from './unwritable.ts';

/**
 * Writes a file so that its name only ever stands for the whole content, also after a kill or a power cut; its folder is created where it is missing. A draft
 * beside it, `<path>.<process>.part`, may be left by a kill.
 * @throws OUTPUT_UNWRITABLE; the file is as it was.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  createFolder(dirname(path));
  const draft = `${path}.${process.pid}.part`;
  try {
    // On the disk before it has its name: a machine that stops leaves no empty file under it.
    writeFileSync(draft, content, { flush: true });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw unwritable(path, cause);
  }
}

/** Makes sure that a folder exists and takes files, so that a long run does not end with nowhere to write. @throws OUTPUT_UNWRITABLE. */
export function ensureWritable(folder: string): void {
  createFolder(folder);
  const probe = join(folder, `.writable-${process.pid}`);
  try {
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
