import type { ContractCheck } from '../contract-check.ts';

/** The two functions of a test framework that contract tests need: those of jest, vitest and node:test fit. */
export interface TestRunner {
  /** Registers a group of tests. */
  readonly describe: (name: string, register: () => void) => unknown;
  /** Registers a test, which fails when its promise is rejected. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
}

/** The runner that a framework hangs on the global object, as jest and vitest do. */
function globalRunner(): TestRunner {
  const { describe, test } = globalThis as Partial<TestRunner>;
  if (typeof describe === 'function' && typeof test === 'function') return { describe, test };
  throw new Error('No `describe` and `test` are global here: pass those of your test framework, such as `import { describe, test } from \'node:test\'`.');
}

/** Registers named checks under a title. */
export function registerChecks(title: string, checks: readonly ContractCheck[], runner: TestRunner = globalRunner()): void {
  runner.describe(title, () => {
    for (const { name, run } of checks) runner.test(name, run);
  });
}
