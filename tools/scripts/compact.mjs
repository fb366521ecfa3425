// Makes the compiled files of the package that is being packed small: leaves out what the public entry does not lead to, and takes comments,
// blanks and long local names out of the programs. What its users read are those declarations, and the sources in the repository.
// Run by `prepack`, after the compiler, in the package's folder.
import { minifySync } from '@swc/core';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const folder = join(process.cwd(), 'dist');
const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

/** Everything that a file leads to by its imports, with the same ending. */
function reach(path, ending, reached = new Set()) {
  if (reached.has(path)) return reached;
  reached.add(path);
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/(?:from ?|import\(|import )['"](\.[^'"]+)\.[jt]s['"]/g)) reach(join(dirname(path), `${specifier}${ending}`), ending, reached);
  return reached;
}
for (const ending of ['.js', '.d.ts']) {
  const reached = reach(join(folder, `index${ending}`), ending);
  for (const path of files.filter((name) => name.endsWith(ending) && !reached.has(name))) rmSync(path);
}

for (const path of files.filter((name) => name.endsWith('.js') && existsSync(name))) {
  // Names of functions stay: plugins and stack traces show them.
  const { code } = minifySync(readFileSync(path, 'utf8'), { module: true, ecma: 2022, compress: { passes: 2 }, mangle: { keep_fnames: true }, keep_fnames: true });
  writeFileSync(path, code);
}
