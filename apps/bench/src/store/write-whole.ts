import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PellucidError } from '@pellucid/core';

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message.replace(/^\w+: /, '') : String(cause));

/**
 * Creates a folder and those above it. Step by step, because Node's recursive `mkdir` never returns where the system answers ENOENT below
 * a folder that exists, as /proc does.
 */
function createFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (!existsSync(dirname(folder))) createFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (cause) {
    // Another process may have made it in between.
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw cause;
  }
}

/** Writes a file so that its final name only ever holds the whole content. @throws OUTPUT_UNWRITABLE. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    createFolder(dirname(path));
    // On the disk before it has its name: a machine that stops leaves no empty file under it.
    writeFileSync(draft, content, { flush: true });
    renameSync(draft, path);
  } catch (cause) {
    if (existsSync(draft)) rmSync(draft);
    throw new PellucidError('OUTPUT_UNWRITABLE', { path, problem: reason(cause), help: 'Choose another folder with `--out`.' }, { cause });
  }
}

/** Makes sure that a folder exists and takes files. @throws OUTPUT_UNWRITABLE. */
export function ensureWritable(folder: string): void {
  const probe = `${folder}/.writable-${process.pid}`;
  try {
    createFolder(folder);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw new PellucidError('OUTPUT_UNWRITABLE', { path: folder, problem: reason(cause), help: 'Choose another folder with `--out`.' }, { cause });
  }
}
