// Makes the compiled files of the package that is being packed small: takes comments, blanks and long local names out of the programs, and
// leaves out declarations that the public ones do not lead to. What its users read are those declarations, and the sources in the repository.
// Run by `prepack`, after the compiler, in the package's folder.
import { minifySync } from '@swc/core';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const folder = join(process.cwd(), 'dist');
const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

for (const path of files.filter((name) => name.endsWith('.js'))) {
  // Names of functions stay: plugins and stack traces show them.
  const { code } = minifySync(readFileSync(path, 'utf8'), { module: true, ecma: 2022, compress: { passes: 2 }, mangle: { keep_fnames: true }, keep_fnames: true });
  writeFileSync(path, code);
}

const reached = new Set();
function reach(path) {
  if (reached.has(path)) return;
  reached.add(path);
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) reach(join(dirname(path), `${specifier}.d.ts`));
}
reach(join(folder, 'index.d.ts'));
for (const path of files.filter((name) => name.endsWith('.d.ts'))) {
  if (reached.has(path)) writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/^ +/gm, ''));
  else rmSync(path);
}
