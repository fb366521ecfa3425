import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PellucidError } from '@pellucid/core';

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message.replace(/^\w+: /, '') : String(cause));

/** Writes a file so that its final name only ever holds the whole content. @throws OUTPUT_UNWRITABLE. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, content);
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
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw new PellucidError('OUTPUT_UNWRITABLE', { path: folder, problem: reason(cause), help: 'Choose another folder with `--out`.' }, { cause });
  }
}
