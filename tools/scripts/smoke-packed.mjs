// Packs every public package as it would be published and checks what a stranger gets: contents, sizes, what is installed along, and the
// program of the README, type-checked and run in an empty project outside the workspace.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const LIMITS = [[/^@pellucid\/core$/, 50_000], [/^@pellucid\/method-/, 30_000]];
const UNWANTED = /\.test\.|\.tsbuildinfo$|\.map$|^package\/(test|src|out-tsc|\.cache)\//;
const METHOD = '@pellucid/method-integrated-gradients';
const ONNX = ['@pellucid/core', METHOD, '@pellucid/backend-onnxruntime', '@pellucid/onnx-graph', '@pellucid/onnx-autodiff'];
const TFJS = ['@pellucid/core', METHOD, '@pellucid/backend-tfjs'];

let passed = 0;
let failed = 0;
/** Prints one line; a check fails where problems are listed. */
function report(name, problems, detail = '') {
  if (problems.length === 0) passed++;
  else failed++;
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}${detail && ` (${detail})`}\n`);
  for (const problem of problems) process.stdout.write(`       ${problem}\n`);
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const tarballName = ({ name, version }) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
const foldersIn = (folder) => readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name));

/** The package.json of every package that is meant for the registry, and its folder. */
function publicPackages() {
  return ['packages', 'packages/backends', 'packages/methods', 'apps']
    .flatMap(foldersIn)
    .map((folder) => join(folder, 'package.json'))
    .filter((path) => existsSync(path))
    .map((path) => ({ ...readJson(path), folder: dirname(path) }))
    .filter((manifest) => manifest.private !== true);
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, INIT_CWD: cwd } });
  const output = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  return { ok: status === 0, stdout: stdout ?? '', stderr: stderr ?? '', problems: status === 0 ? [] : [`${command} ${args.join(' ')}`, ...output.split('\n').slice(-15)] };
}

/** Packs with pnpm, which applies `publishConfig`: this is what gets published. */
function packAll(packages, destination) {
  const { packageManager } = readJson(join(ROOT, 'package.json'));
  const filters = packages.flatMap(({ name }) => ['--filter', name]);
  report('pnpm packs every public package', run('npx', ['--yes', packageManager, ...filters, '-r', 'pack', '--pack-destination', destination], ROOT).problems);
  return new Map(packages.map((manifest) => [manifest.name, join(destination, tarballName(manifest))]));
}

/** Packs some packages with npm, as a user does who builds a fork: what comes out must be installable, too. */
function packWithNpm(packages, destination) {
  mkdirSync(destination, { recursive: true });
  const problems = packages.flatMap(({ folder }) => run('npm', ['pack', '--silent', '--pack-destination', destination], folder).problems);
  report('npm packs core, one method and backend-onnxruntime', problems);
  return new Map(packages.map((manifest) => [manifest.name, join(destination, tarballName(manifest))]));
}

async function checkTarball({ name, dependencies = {} }, tarball) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) } });
  report(`${name} passes publint`, messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg, { color: false })));

  const files = run('tar', ['-tzf', tarball], ROOT).stdout.split('\n').filter(Boolean);
  const packed = JSON.parse(run('tar', ['-xzOf', tarball, 'package/package.json'], ROOT).stdout);
  const unresolved = Object.entries(packed.dependencies ?? {}).filter(([, version]) => /^(workspace|catalog|link|file):/.test(version));
  report(`${name} packs its program and nothing else`, [
    ...files.filter((file) => UNWANTED.test(file)).map((file) => `${file} does not belong into the package`),
    ...['package/dist/index.js', 'package/dist/index.d.ts', 'package/LICENSE', 'package/README.md'].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...unresolved.map(([dependency, version]) => `${dependency} is still ${version}`),
    ...(Object.keys(packed.dependencies ?? {}).length === Object.keys(dependencies).length ? [] : ['dependencies differ from those in the workspace']),
  ], `${files.length} files`);

  const limit = LIMITS.find(([pattern]) => pattern.test(name))?.[1];
  if (limit === undefined) return;
  const { size } = statSync(tarball);
  report(`${name} is below ${limit / 1000} kB`, size < limit ? [] : [`it has ${size} bytes`], `${(size / 1000).toFixed(1)} kB`);
}

/** What a registry shows of a package before anybody opens it: the first sentence of its README, and words to find it by. */
function checkPresentation({ name, folder, description, keywords = [] }) {
  const paragraph = readFileSync(join(folder, 'README.md'), 'utf8').split('\n\n')[1] ?? '';
  const [sentence] = /^.*?\.(?= |$)/.exec(paragraph.replaceAll('\n', ' ')) ?? [paragraph];
  report(`${name} is described as in its README, with keywords`, [
    ...(description === sentence ? [] : [`its description should be: ${sentence}`]),
    ...(keywords.includes('pellucid') ? [] : ['its keywords should name pellucid']),
  ]);
}

/** Installs packed packages and other dependencies into an empty project, install scripts blocked. */
function installProject(folder, names, tarballs, others) {
  mkdirSync(folder, { recursive: true });
  const dependencies = { ...Object.fromEntries(names.map((name) => [name, `file:${tarballs.get(name)}`])), ...others };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module', dependencies }, null, 2));
  return run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder).problems;
}

const installed = (folder) => (existsSync(join(folder, 'node_modules')) ? readdirSync(join(folder, 'node_modules')) : []);

/** The first TypeScript block below the heading `Use`. */
function readmeProgram() {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/^## Use$/m)[1] ?? '';
  return /```ts\n([\s\S]*?)```/.exec(section)?.[1];
}

function zooModel() {
  const folder = join(ROOT, 'packages/zoo/models');
  const file = existsSync(folder) && readdirSync(folder, { recursive: true }).map(String).sort().find((name) => name.endsWith('.onnx'));
  return file ? join(folder, file) : undefined;
}

const COMPILER = { strict: true, module: 'nodenext', target: 'es2022', types: ['node'], noEmit: true };

/** The README's program in a project that knows nothing of the workspace. */
function checkProgram(folder) {
  const program = readmeProgram();
  const model = zooModel();
  if (program === undefined || model === undefined) {
    report('the program of the README runs', [program === undefined ? 'README.md has no ts block below `## Use`' : 'packages/zoo/models holds no .onnx file']);
    return;
  }
  writeFileSync(join(folder, 'program.ts'), program);
  writeFileSync(join(folder, 'program.mjs'), program);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER, files: ['program.ts'] }));
  report('the program of the README passes tsc --strict', run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], folder).problems);
  const { problems, stdout } = run(process.execPath, ['program.mjs', model], folder);
  report('the program of the README runs in plain Node', problems.length > 0 || stdout.includes('explains class') ? problems : [`it printed: ${stdout}`], stdout.trim());
  const { stderr } = run(process.execPath, ['program.mjs', 'absent.onnx'], folder);
  report('an error that nobody catches is named', /^PellucidError: Cannot find the model in `absent.onnx`/m.test(stderr) ? [] : [stderr.slice(0, 400)]);
  writeFileSync(join(folder, 'mistake.mjs'), "import { tensor } from '@pellucid/core';\ntensor([2], [1]);\n");
  const mistake = run(process.execPath, ['mistake.mjs'], folder).stderr;
  report('an error of core that nobody catches fits on a screen', mistake.includes('PellucidError: Cannot use the data of a tensor') && mistake.length < 2500 ? [] : [`it prints ${mistake.length} characters`]);
}

ensureInstalled();
ensureBuilt();
const work = mkdtempSync(join(tmpdir(), 'pellucid-packed-'));
try {
  const packages = publicPackages();
  const tarballs = packAll(packages, join(work, 'tarballs'));
  for (const manifest of packages) {
    checkPresentation(manifest);
    const tarball = tarballs.get(manifest.name);
    if (existsSync(tarball)) await checkTarball(manifest, tarball);
  }
  const { version } = readJson(join(ROOT, 'packages/backends/onnxruntime/node_modules/onnxruntime-node/package.json'));
  const types = readJson(join(ROOT, 'node_modules/@types/node/package.json')).version;

  const onnx = join(work, 'onnx');
  const fromNpm = packWithNpm(packages.filter(({ name }) => ONNX.includes(name)), join(work, 'npm-tarballs'));
  report('core, one method and backend-onnxruntime install with npm', installProject(onnx, ONNX, fromNpm, { 'onnxruntime-node': version, '@types/node': types }));
  report('they bring nothing of tfjs', installed(onnx).filter((name) => name === '@tensorflow'));
  checkProgram(onnx);

  const tfjs = join(work, 'tfjs');
  report('core, one method and backend-tfjs install with npm', installProject(tfjs, TFJS, tarballs, {}));
  report('they bring nothing of onnxruntime', installed(tfjs).filter((name) => name.startsWith('onnxruntime')));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
