import { expect, test } from '@jest/globals';
import { caseTitle } from '../case-title.ts';
import { checkCase } from './check-case.ts';
import { randomCase } from './random-case.ts';

/** By the environment, as `npm run sweep` sets it; the defaults are what every run of the tests checks. */
const SEED = Number(process.env['SWEEP_SEED'] ?? 1);
const CASES = Number(process.env['SWEEP_CASES'] ?? 200);
const FIRST = Number(process.env['SWEEP_FIRST'] ?? 0);

/**
 * Central differences leave about 1e-10 in double precision, more where a function is nearly constant. In single precision each output is rounded at 6e-8
 * of its size, up to 500, over steps of a hundredth: up to a percent where few outputs move little. A wrong derivative is off by tens of percents.
 */
const TOLERANCE = { 'double': 1e-6, 'single': 1e-2, 'not runnable': 0 } as const;
/** Combinations that the runtime itself refuses prove nothing: few may. */
const MOST_REFUSED = 0.05;

test(`${CASES} random cases of seed ${SEED}: every gradient is the slope of the function`, async () => {
  const failures: string[] = [];
  const refused: string[] = [];
  const counts = { 'double': 0, 'single': 0, 'not runnable': 0 };
  for (let index = FIRST; index < FIRST + CASES; index++) {
    const item = randomCase(SEED, index);
    const place = `seed ${SEED}, case ${index}: ${caseTitle(item)}`;
    try {
      const { precision, error, reason = '' } = await checkCase(item);
      counts[precision]++;
      if (precision === 'not runnable') refused.push(`${place}: ${reason}`);
      if (error > TOLERANCE[precision]) failures.push(`${place}: off by ${error.toExponential(1)} (${precision})`);
    } catch (error) {
      failures.push(`${place}: ${String(error)}`);
    }
  }
  if (process.env['SWEEP_REPORT'] !== undefined) {
    process.stderr.write(`${counts.double} in double precision, ${counts.single} in single, ${counts['not runnable']} that the runtime refuses, ${failures.length} failed\n`);
  }
  expect(failures).toEqual([]);
  if (refused.length > Math.max(2, MOST_REFUSED * CASES)) expect(refused).toEqual([]);
}, 3_600_000);
