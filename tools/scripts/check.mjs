// Runs every check that guards the main branch, and counts what passed and failed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NATIVE_FOLDER, nativeEnvironment, provideNativeEngine } from './native-engine.mjs';
import { ensureInstalled, ROOT } from './workspace.mjs';

ensureInstalled();

const environment = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', CI: 'true' };
const binary = (name) => join(ROOT, 'node_modules/.bin', name);
const run = (command, args, { cwd = ROOT, env = environment } = {}) => spawnSync(command, args, { cwd, stdio: 'inherit', env }).status === 0;

/** Runs a script that closes with `N passed, N failed`, and takes over its counts. */
function runCounting(script) {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'tools/scripts', script)], {
    cwd: ROOT, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [null, 0, 1];
  return { passed: Number(passed), failed: status === 0 ? Number(failed) : Math.max(Number(failed), 1) };
}

/** Runs jest once and reads the counts from its report. */
function runJest(args = [], where = {}) {
  const report = join(ROOT, '.cache/jest-report.json');
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  rmSync(report, { force: true });
  const ok = run(binary('jest'), ['--maxWorkers=2', '--json', `--outputFile=${report}`, '--silent', ...args], where);
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: ok ? 0 : Math.max(numFailedTests, numFailedTestSuites, 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** The tests that every engine of tfjs has to pass, and every method on it, on a native one: in a process of its own, since it shares that with no other. */
function runNative(engine, pattern) {
  const reason = provideNativeEngine(engine);
  if (reason !== undefined) {
    process.stdout.write(`skipped the tests on engine ${engine}: ${reason}\n`);
    return { passed: 0, failed: 0 };
  }
  return runJest(['--config', join(ROOT, 'jest.config.mjs'), '--selectProjects', 'tfjs', 'bench', '--testPathPatterns', pattern], {
    cwd: NATIVE_FOLDER,
    env: { ...environment, ...nativeEnvironment, PELLUCID_TFJS_ENGINE: engine },
  });
}

const one = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1 });

const STEPS = [
  ['types and build', () => one(run(binary('tsc'), ['-b', 'tsconfig.json']))],
  ['project graph', () => one(run(binary('nx'), ['graph', '--file=.nx/graph.json']))],
  ['lint', () => one(run(binary('eslint'), ['packages', 'apps', 'tools', '--max-warnings=0']))],
  ['module boundaries', () => runCounting('check-boundaries.mjs')],
  ['tests', () => runJest()],
  ['tests on engine node', () => runNative('node', '(tfjs/test|bench/test/engine-contract)')],
  // The gpu package without a GPU: the same contract on its CPU.
  ['tests on engine node-gpu', () => runNative('node-gpu', 'tfjs/test/(contract|engine)')],
  ['generated pages', () => one(run(process.execPath, [join(ROOT, 'tools/scripts/write-pages.mjs'), '--check']))],
  ['documents', () => one(run(binary('typedoc'), ['--emit', 'none']))],
  ['samples of the documents', () => runCounting('run-samples.mjs')],
  ['packed packages', () => runCounting('smoke-packed.mjs')],
];

let passed = 0;
let failed = 0;
for (const [name, step] of STEPS) {
  const started = performance.now();
  const result = step();
  passed += result.passed;
  failed += result.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${result.failed === 0 ? 'ok    ' : 'FAILED'} ${name} (${result.passed} passed, ${result.failed} failed, ${seconds} s)\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
