// Makes the compiled files of the package that is being packed small: one program without comments, blanks and long inner names, and one file of
// the declarations that the public ones lead to, which are what its users read. Run by `prepack`, after the compiler, in the package's folder.
import { minifySync, parseSync } from '@swc/core';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const folder = join(process.cwd(), 'dist');

/** The module at an entry and all that it imports, as the text of one. */
async function joined(entry, plugins) {
  const bundle = await rollup({ input: join(folder, entry), plugins, onwarn: (warning) => { throw new Error(warning.message); } });
  const { output: [{ code }] } = await bundle.generate({ format: 'es' });
  return code;
}

/** A statement a line: of an error that nobody catches Node prints the whole line that threw it. */
function inLines(code) {
  const { span, body } = parseSync(code, { syntax: 'ecmascript', target: 'es2022' });
  // Spans count bytes.
  const bytes = Buffer.from(code);
  const starts = [...body.map((statement) => statement.span.start - span.start), bytes.length];
  return body.map((_, i) => bytes.subarray(starts[i], starts[i + 1]).toString()).join('\n');
}

const program = await joined('index.js', []);
const declarations = await joined('index.d.ts', [dts()]);
// Node prints the class of an error that nobody catches.
const names = { keep_classnames: true };
const { code } = minifySync(program, { module: true, ecma: 2022, compress: { passes: 2, ...names }, mangle: { toplevel: true, ...names } });

for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
writeFileSync(join(folder, 'index.js'), inLines(code));
writeFileSync(join(folder, 'index.d.ts'), declarations);
