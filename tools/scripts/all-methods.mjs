// Every method that the benchmark can run, configured with its defaults: for documents that show all of them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './workspace.mjs';

const BENCH = join(ROOT, 'apps/bench/package.json');
const require = createRequire(BENCH);
/** The method that wrappers are run around: one that all engines know. */
const INNER = 'saliency';
/** What a method cannot do without where no references are given. */
const NEEDED = { 'gradient-shap': { baseline: 'zero' } };

/** Imports a package as the benchmark does, so that there is one copy of each. */
export const loadFromBench = (name) => import(pathToFileURL(require.resolve(name)).href);

/** All methods; wrappers around a method that is the same on every engine. */
export async function allMethods() {
  const { installedPackage, loadPackage, wrapperAsMethod } = await loadFromBench('@pellucid/plugins');
  const names = Object.keys(JSON.parse(readFileSync(BENCH, 'utf8')).dependencies).filter((name) => name.startsWith('@pellucid/method-'));
  const found = await Promise.all(names.map(async (name) => loadPackage(await installedPackage(name, join(ROOT, 'apps/bench')))));
  const factories = found.flatMap(({ methods }) => methods.map(({ factory }) => factory));
  const wrappers = found.flatMap((each) => each.wrappers ?? []).map(({ wrapper }) => wrapperAsMethod(wrapper, factories)({ method: INNER }));
  return [...factories.map((factory) => factory(NEEDED[factory.name])), ...wrappers];
}
