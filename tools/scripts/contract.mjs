// Runs the contract of every method on every engine, those included that are too slow for `npm test`: how the promise is shown by one command.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { NATIVE_FOLDER, nativeEnvironment, provideNativeEngine } from './native-engine.mjs';
import { ensureInstalled, ROOT } from './workspace.mjs';

ensureInstalled();

/** Runs the contract tests in a process of its own, with these engines. */
function run(cwd, more) {
  const args = ['--config', join(ROOT, 'jest.config.mjs'), '--selectProjects', 'bench', '--testPathPatterns', 'engine-contract', ...process.argv.slice(2)];
  return spawnSync(join(ROOT, 'node_modules/.bin/jest'), args, { cwd, stdio: 'inherit', env: { ...process.env, PELLUCID_CONTRACT: 'all', ...more } }).status === 0;
}

process.stdout.write('onnxruntime, tfjs/wasm, tfjs/cpu:\n');
const portable = run(ROOT, {});
const reason = provideNativeEngine('node');
process.stdout.write(reason === undefined ? 'tfjs/node:\n' : `tfjs/node was not there: ${reason}\n`);
const native = reason !== undefined || run(NATIVE_FOLDER, { ...nativeEnvironment, PELLUCID_TFJS_ENGINE: 'node' });
process.exitCode = portable && native ? 0 : 1;
