// Makes TensorFlow's native engines available to the tests. They are 170 MB of packages and 430 MB of libraries that few need, so they
// stand in a workspace package of their own, `tools/native-engine`, which `ensureInstalled` leaves out.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ON_DEMAND, ROOT } from './workspace.mjs';

/** Programs that run in this folder find the native packages, as they would in a project that has them installed. */
export const NATIVE_FOLDER = join(ROOT, 'tools/native-engine');
/** Builds the addon on a TensorFlow library from PyPI, for machines that reach package registries alone. */
const BUILDER = join(ROOT, '../shared/tfjs-node/build-native.sh');
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pellucid/tensorflow');
const INSTALL_LIMIT_MS = 300_000;

const packageOf = (engine) => `@tensorflow/tfjs-${engine}`;
const folderOf = (engine) => join(NATIVE_FOLDER, 'node_modules', packageOf(engine));

/** Runs a program; gives the line that says why where it failed. */
function attempt(command, args, cwd = ROOT) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: INSTALL_LIMIT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
  if (status === 0) return undefined;
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').filter((line) => !/^\s*(at |npm |$)/.test(line));
  return lines.find((line) => /\b(error:|cannot|failed)/i.test(line))?.trim() ?? lines.at(-1)?.trim() ?? error?.message ?? `${command} failed`;
}

function isBuilt(folder) {
  const { binary } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return binary.napi_versions.some((version) => existsSync(join(folder, `lib/napi-v${version}/tfjs_binding.node`)));
}

/** Gets the addon of an installed package, or says why it could not. */
function build(engine, mayDownload) {
  const folder = folderOf(engine);
  const reasons = [];
  if (existsSync(BUILDER)) {
    const problem = attempt('bash', [BUILDER, folder, CACHE]);
    if (problem === undefined) return undefined;
    reasons.push(problem);
  }
  if (isBuilt(folder)) return undefined;
  if (!mayDownload) return [...reasons, 'its library is downloaded only where CI=true is set'].join('; ');
  const problem = attempt('npm', ['run', 'install'], folder);
  return problem === undefined && isBuilt(folder) ? undefined : [...reasons, `its install script failed: ${problem ?? 'no addon'}`].join('; ');
}

/**
 * Provides a native engine, `node` or `node-gpu`: installs its package with scripts off, then builds its addon with the script beside the
 * repository or else, on a CI machine, runs the package's own install script. Anywhere else nothing is downloaded.
 * @returns {string | undefined} why it is not there
 */
export function provideNativeEngine(engine, { mayDownload = process.env['CI'] === 'true' } = {}) {
  if (!existsSync(BUILDER) && !mayDownload && !(existsSync(folderOf(engine)) && isBuilt(folderOf(engine)))) {
    return `${packageOf(engine)} is neither installed nor built, and its library is downloaded only where CI=true is set`;
  }
  if (!existsSync(folderOf(engine))) {
    const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const problem = attempt('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--filter', ON_DEMAND]);
    if (problem !== undefined) return `${packageOf(engine)} could not be installed: ${problem}`;
  }
  return build(engine, mayDownload);
}

/** What the tests need there besides. */
export const nativeEnvironment = {
  // Jest hands a copy of the environment to its tests, so that the backend cannot silence TensorFlow's start-up lines there.
  TF_CPP_MIN_LOG_LEVEL: process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2',
};
