import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../..');

const SOURCE_ROOTS = ['packages', 'apps', 'tools'];
const SKIPPED = new Set(['node_modules', 'dist', 'out-tsc', '.cache', 'models', 'coverage']);

/** All files below a folder, without what is built or installed. */
export function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* filesBelow(path);
    } else yield path;
  }
}

const sourceFiles = () => SOURCE_ROOTS.flatMap((folder) => [...filesBelow(join(ROOT, folder))]);
const digest = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

/** Runs a program with its output on standard error, so that standard output holds results alone. */
function runVisibly(command, args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
  return status === 0;
}

const isStamped = (stamp, value) => existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
const writeStamp = (stamp, value) => {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
};

/** Left out by default: large, and only for tests of native engines. `native-engine.mjs` installs it where they can run. */
export const ON_DEMAND = '@pellucid/native-engine';

/** Installs what the lock file says, unless that was done already. */
export function ensureInstalled() {
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(ROOT, name));
  const wanted = digest([...manifests, ...sourceFiles().filter((path) => path.endsWith('package.json'))].map((path) => readFileSync(path)));
  const stamp = join(ROOT, 'node_modules/.pellucid-installed');
  if (isStamped(stamp, wanted)) return;
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  process.stderr.write(`Installing with ${packageManager} ...\n`);
  if (!runVisibly('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--filter', `!${ON_DEMAND}`, '--reporter=append-only'])) {
    process.stderr.write('Cannot install the dependencies: see the messages above. Is the package registry reachable?\n');
    process.exit(1);
  }
  writeStamp(stamp, wanted);
}

/** Compiles every package into its `dist`, unless no source changed since. */
export function ensureBuilt() {
  const inputs = [...sourceFiles().filter((path) => /\.ts$|tsconfig.*\.json$/.test(path) && !path.endsWith('.test.ts')), join(ROOT, 'tsconfig.base.json')];
  const wanted = digest(inputs.map((path) => `${path} ${statSync(path).size} ${statSync(path).mtimeMs}`));
  const stamp = join(ROOT, 'node_modules/.pellucid-built');
  if (isStamped(stamp, wanted)) return;
  rmSync(stamp, { force: true });
  process.stderr.write('Building ...\n');
  if (!runVisibly(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'tsconfig.build.json'])) {
    process.stderr.write('Cannot build: see the messages above.\n');
    process.exit(1);
  }
  writeStamp(stamp, wanted);
}
