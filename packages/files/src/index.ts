export { createFolder } from './create-folder.ts';
export { unwritable } from './unwritable.ts';
export { ensureWritable, writeWhole } from './write-whole.ts';
