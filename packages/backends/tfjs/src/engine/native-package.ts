import { execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util, { promisify } from 'node:util';

/** Where a native engine stands on this machine. */
export type NativePackage = { readonly found: true; readonly folder: string; readonly version: string } | { readonly found: false; readonly reason: string };

const here = createRequire(import.meta.url);

/** A folder and all that hold it. */
function* upwards(folder: string): Generator<string> {
  yield folder;
  const parent = dirname(folder);
  if (parent !== folder) yield* upwards(parent);
}

/**
 * Finds the package as a dependency of this one or of the program in the current folder, without loading it. Not by `require.resolve`:
 * that also looks where `NODE_PATH` says, and package managers put there what nobody asked for.
 */
function resolveFolder(name: string): string | undefined {
  const starts = [dirname(fileURLToPath(import.meta.url)), process.cwd()];
  const candidates = starts.flatMap((start) => [...upwards(start)]).map((folder) => join(folder, 'node_modules', name));
  const found = candidates.find((folder) => existsSync(join(folder, 'package.json')));
  return found && realpathSync(found);
}

interface Manifest {
  readonly version: string;
  readonly binary?: { readonly napi_versions?: readonly number[] };
}

/**
 * Looks for a native engine and its compiled addon. Nothing is loaded: a package that fails to load leaves its kernels
 * registered and spoils the process for any other engine.
 */
export function findNativePackage(name: string): NativePackage {
  const folder = resolveFolder(name);
  if (folder === undefined) return { found: false, reason: `the package \`${name}\` is not installed` };
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const built = (manifest.binary?.napi_versions ?? []).some((version) =>
    existsSync(join(folder, 'lib', `napi-v${version}`, 'tfjs_binding.node')),
  );
  if (!built) return { found: false, reason: `\`${name}\` is installed, but its native addon was neither downloaded nor built` };
  return { found: true, folder, version: manifest.version };
}

/** tfjs-node 4.22 calls two functions that Node 22 warns about and Node 24 no longer has. */
const RESTORED = `const util = require('node:util'); util.isNullOrUndefined = (value) => value == null; util.isArray = Array.isArray;`;

const TRIAL = `${RESTORED}
const tf = require(process.argv[1]);
const product = tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0];
if (tf.getBackend() !== 'tensorflow' || product !== 11) throw new Error('it computes ' + product + ' on ' + tf.getBackend());`;

/** Loads the engine in a process of its own and multiplies two matrices. Gives the reason when that fails. */
export async function tryNativePackage(folder: string): Promise<string | undefined> {
  try {
    const environment = { ...process.env, TF_CPP_MIN_LOG_LEVEL: process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2' };
    await promisify(execFile)(process.execPath, ['-e', TRIAL, folder], { env: environment, timeout: 60_000 });
    return undefined;
  } catch (error) {
    const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    const line = text.split('\n').find((candidate) => /error/i.test(candidate)) ?? text.trim().split('\n').at(-1);
    return `it does not load: ${line ?? 'no message'}`;
  }
}

/** Loads the engine into this process. */
export function loadNativePackage(folder: string): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
  legacy['isArray'] = Array.isArray;
  // Start-up lines of TensorFlow would end up in the program's output.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  here(folder);
}
