// Checks the gradients of random operators, attributes and shapes: many more cases than `npm test` does, from a seed that reproduces them.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, ROOT } from './workspace.mjs';

const USAGE = 'Usage: npm run sweep -- [--seed N] [--cases N] [--case I]\nChecks --cases random cases (2000) of --seed (drawn and printed), or case I alone.\n';

function fail(message) {
  process.stderr.write(`${message}\n${USAGE}`);
  process.exit(2);
}

function options() {
  const whole = { type: 'string' };
  try {
    return parseArgs({ options: { seed: whole, cases: whole, case: whole, help: { type: 'boolean' } } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const { help, ...given } = options();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
for (const [name, value] of Object.entries(given)) {
  if (!/^\d{1,9}$/.test(value)) fail(`--${name} has to be a whole number of at most nine digits, not \`${value}\`.`);
}
if (given.case !== undefined && given.seed === undefined) fail('--case needs the --seed that it belongs to.');
if (given.cases === '0') fail('--cases has to be at least 1.');
const seed = given.seed ?? String(randomInt(1_000_000));
const cases = given.case === undefined ? (given.cases ?? '2000') : '1';

ensureInstalled();
process.stdout.write(`seed ${seed}, ${given.case === undefined ? `${cases} cases` : `case ${given.case}`}\n`);
const { status } = spawnSync(join(ROOT, 'node_modules/.bin/jest'), ['--selectProjects', 'onnx-autodiff', '--testPathPatterns', 'test/sweep/'], {
  cwd: ROOT, stdio: 'inherit', env: { ...process.env, SWEEP_SEED: seed, SWEEP_CASES: cases, SWEEP_FIRST: given.case ?? '0', SWEEP_REPORT: '1' },
});
process.exit(status ?? 1);
