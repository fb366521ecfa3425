// Reads the samples of a page: programs (```ts) and command lines (```sh), in the order in which a reader meets them.

/** Command lines that a sample test does not run: they install, take minutes, or need a clone or another program. */
const NOT_RUN = [
  /^npm (install|init|test)\b/, /^npm run (bench|build|docs|perf|sweep|zoo)\b/, /^npx (nx|jest|tsc|eslint)\b/, /^(git|cd|mkdir|pip|python3?) /,
  /^npx pellucid-bench (?!.*--quick)/, /^pellucid-bench (?!.*--quick)/,
];
const RUN = /^(npx pellucid(-bench)? |pellucid(-bench)? |node |npm run (explain|pellucid) -- )/;

/** The command lines of a block, continued lines joined, comments left out. */
function commandLines(block) {
  const lines = block.replaceAll(/\\\n\s*/g, ' ').split('\n').map((line) => line.replace(/\s+#.*$|^#.*$/, '').trim());
  return lines.filter(Boolean);
}

/** The kind of a command line: `run`, `skip`, or `unknown`, which a sample test refuses. */
function kindOf(line) {
  if (NOT_RUN.some((pattern) => pattern.test(line))) return 'skip';
  return RUN.test(line) ? 'run' : 'unknown';
}

/** Where a program's name is imported from: the package, without paths below it. */
function packageOf(specifier) {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** What the programs of a page import and no `npm install` of the page names: a reader in an empty folder would not have it. */
export function notInstalled(text, steps) {
  const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, body]) => commandLines(body)).filter((line) => line.startsWith('npm install '));
  const installed = new Set(lines.flatMap((line) => line.split(/\s+/).slice(2)));
  const imported = steps.flatMap((step) => [...(step.text ?? '').matchAll(/from '([^'.][^']*)'/g)].map(([, specifier]) => specifier));
  const needed = new Set(imported.filter((specifier) => !specifier.startsWith('node:')).map(packageOf));
  return [...needed].filter((name) => !installed.has(name)).map((name) => `a program imports ${name}, which no \`npm install\` of the page names`);
}

/** The files that programs of a page read, and that neither a sample writes nor a sentence speaks of: a reader would not know where from. */
export function unexplainedFiles(text, steps) {
  const programs = steps.map((step) => step.text ?? '').join('\n');
  const named = (pattern) => new Set([...programs.matchAll(pattern)].map(([, name]) => name));
  const written = named(/\b(?:write|copy)\w*\((?:[^'()]+, )?'([^']+)'/g);
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...named(/\b(?:load|read|open)\w*\('([^']+\.\w+)'/g)]
    .filter((name) => !written.has(name) && !prose.includes(`\`${name}\``))
    .map((name) => `a program reads ${name}, and no sentence says what it is`);
}

/**
 * The samples of a Markdown text. A program whose first line is `// name.mjs` is a file, which a command line or another program has to
 * name; any other is run where it stands.
 */
export function samplesOf(text) {
  const steps = [];
  for (const [, language, body] of text.matchAll(/^```(ts|sh)\n([\s\S]*?)^```/gm)) {
    if (language === 'sh') steps.push(...commandLines(body).map((line) => ({ kind: kindOf(line), line })));
    else {
      const name = /^\/\/ (\S+)\.mjs\n/.exec(body)?.[1];
      steps.push(name === undefined ? { kind: 'program', name: `program-${steps.length}`, text: body } : { kind: 'file', name, text: body });
    }
  }
  const unused = steps.filter((step) => step.kind === 'file' && text.split(`${step.name}.mjs`).length < 3);
  return { steps, problems: [
    ...steps.filter(({ kind }) => kind === 'unknown').map(({ line }) => `no rule says whether to run: ${line}`),
    ...unused.map(({ name }) => `nothing runs or imports ${name}.mjs`),
  ] };
}
