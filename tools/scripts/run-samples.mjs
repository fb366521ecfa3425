// Type-checks and runs the samples of the documents, word by word: all of the main README and the guides, and those under "## Use" of
// every package's README. Paths of pages, or names of folders of packages, as arguments run these alone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import ts from 'typescript';
import { notInstalled, samplesOf, unexplainedFiles } from './sample-page.mjs';
import { makePageFolder, makeSampleProject, packageFolders } from './sample-project.mjs';
import { ROOT } from './workspace.mjs';

const SECONDS = 180;
const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const markdownIn = (folder) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md')).sort().map((name) => join(folder, name));

/** What a reader in an empty folder would lack. */
const gaps = (text, steps) => [...notInstalled(text, steps), ...unexplainedFiles(text, steps)];

/** The pages by name; of a method's README the first program under "## Use", which it has to have. */
function allPages() {
  const whole = ['README.md', ...markdownIn('docs/guides'), ...markdownIn('docs').filter((path) => path.startsWith('docs/from-'))];
  const pages = whole.map((path) => {
    const { steps, problems } = samplesOf(read(path));
    return { name: path.replaceAll(/[/.]/g, '-'), path, steps, problems: [...problems, ...gaps(read(path), steps)] };
  });
  for (const folder of [...packageFolders().values()].sort()) {
    const path = join(folder, 'README.md');
    const name = folder.split('/').at(-1);
    const use = existsSync(join(ROOT, path)) ? /^## Use\n([\s\S]*?)(?=^## )/m.exec(read(path))?.[1] : undefined;
    const { steps, problems } = samplesOf(use ?? '');
    const none = folder.startsWith('packages') && steps.length === 0 ? ['it has no sample under "## Use"'] : [];
    pages.push({ name, path, steps, problems: [...none, ...problems, ...(steps.length === 0 ? [] : gaps(read(path), steps))] });
  }
  const wanted = process.argv.slice(2);
  return wanted.length === 0 ? pages : pages.filter(({ path, name }) => wanted.some((word) => path === word || name === word));
}

/** The errors of all programs under the strictest settings, by the path of the file. */
function typeErrors(files) {
  const options = {
    strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts'], types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], skipLibCheck: true,
  };
  const errors = new Map();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(ts.createProgram(files, options))) {
    const path = file?.fileName ?? '';
    errors.set(path, [...(errors.get(path) ?? []), ts.flattenDiagnosticMessageText(messageText, '\n')]);
  }
  return errors;
}

const isProgram = ({ kind }) => kind === 'program' || kind === 'file';

/** Writes the programs of a page: files as they stand, others without their types, which a reader's compiler would take off. */
function writePrograms(page) {
  for (const { kind, name, text } of page.steps.filter(isProgram)) {
    writeFileSync(join(page.folder, `${name}.mts`), text);
    const plain = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
    writeFileSync(join(page.folder, `${name}.mjs`), kind === 'file' ? text : plain.outputText);
  }
}

/** Runs one step; a sample shows something, or writes a file. */
function execute(command, args, cwd, modules, isQuiet) {
  const env = { ...process.env, PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH}`, INIT_CWD: cwd };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: SECONDS * 1000 });
  if (status === 0 && (stdout.trim() !== '' || isQuiet)) return [];
  const said = [...stderr.trim().split('\n'), ...stdout.split('\n').filter((text) => /^not ok|error:|rror\b/.test(text))];
  return [`${args.join(' ')}\nstatus ${status}, ${stdout.trim() === '' ? 'printed nothing' : 'printed'}\n${said.join('\n')}`];
}

/** What goes wrong when a reader does what the page says; the first failure ends it. */
function follow({ folder, steps }, modules) {
  for (const { kind, name, line, text } of steps) {
    let problems = [];
    if (kind === 'program') problems = execute(process.execPath, [`${name}.mjs`], folder, modules, text.includes('writeFile'));
    if (kind === 'run') {
      // `npx` would look for the program in the registry before it runs the one at hand; `npm run` has to find the clone.
      const here = line.replace(/^npx /, '').replace(/^npm run /, `npm --silent --prefix "${ROOT}" run `);
      problems = execute('sh', ['-c', here], folder, modules, false);
    }
    if (problems.length > 0) return problems;
  }
  return [];
}

let passed = 0;
let failed = 0;
function report({ path }, problems) {
  if (problems.length === 0) passed++;
  else {
    failed++;
    process.stdout.write(`FAILED samples of ${path}: ${problems.join('\n').split('\n').slice(0, 10).join('\n       ')}\n`);
  }
}

const project = await makeSampleProject();
try {
  const pages = allPages().map((page) => ({ ...page, folder: makePageFolder(project, page.name) }));
  pages.forEach(writePrograms);
  const errors = typeErrors(pages.flatMap(({ folder, steps }) => steps.filter(isProgram).map(({ name }) => join(folder, `${name}.mts`))));
  for (const page of pages) {
    const wrong = [...errors].filter(([path]) => path.startsWith(`${page.folder}/`)).flatMap(([path, list]) => [path.slice(page.folder.length + 1), ...list]);
    const problems = [...page.problems, ...wrong];
    report(page, problems.length > 0 ? problems : follow(page, join(project, 'node_modules')));
  }
  for (const text of errors.get('') ?? []) report({ path: 'all pages' }, [text]);
} finally {
  rmSync(project, { recursive: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
