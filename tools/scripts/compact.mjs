// Makes the compiled files of the package that is being packed small: one program without comments, blanks and long inner names, and of the
// declarations those that the public ones lead to, which are what its users read. Run by `prepack`, after the compiler, in the package's folder.
import { minifySync } from '@swc/core';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rollup } from 'rollup';

const folder = join(process.cwd(), 'dist');
const entry = join(folder, 'index.js');
const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

const bundle = await rollup({ input: entry, onwarn: (warning) => { throw new Error(warning.message); } });
const { output: [{ code: program }] } = await bundle.generate({ format: 'es' });
// Node prints the class of an error that nobody catches.
const names = { keep_classnames: true };
const { code } = minifySync(program, { module: true, ecma: 2022, compress: { passes: 2, ...names }, mangle: { toplevel: true, ...names } });
for (const path of files.filter((name) => name.endsWith('.js'))) rmSync(path);
writeFileSync(entry, code);

/** Every declaration file that one leads to by its imports. */
function reach(path, reached = new Set()) {
  if (reached.has(path)) return reached;
  reached.add(path);
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) reach(join(dirname(path), `${specifier}.d.ts`), reached);
  return reached;
}
const declarations = reach(join(folder, 'index.d.ts'));
for (const path of files.filter((name) => name.endsWith('.d.ts') && !declarations.has(name))) rmSync(path);
