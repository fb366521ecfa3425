// Takes comments, blanks and long local names out of the compiled files of the package that is being packed: what its users read are the
// declarations, which stay as they are, and the sources in the repository. Run by `prepack`, after the compiler, in the package's folder.
import { minifySync } from '@swc/core';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(process.cwd(), 'dist');
for (const name of readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.js'))) {
  const path = join(folder, name);
  // Names of functions stay: plugins and stack traces show them.
  const { code } = minifySync(readFileSync(path, 'utf8'), { module: true, ecma: 2022, compress: true, mangle: { keep_fnames: true }, keep_fnames: true });
  writeFileSync(path, code);
}
