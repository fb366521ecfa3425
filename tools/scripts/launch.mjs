// Starts one of the apps from a clone in any state: installs and builds first where needed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const ENTRIES = { cli: 'apps/cli/dist/main.js', bench: 'apps/bench/dist/main.js', perf: 'tools/perf/dist/main.js', zoo: 'tools/zoo/dist/main.js' };

const [app, ...args] = process.argv.slice(2);
const entry = join(ROOT, ENTRIES[app]);
ensureInstalled();
ensureBuilt();
process.argv = [process.execPath, entry, ...args];
await import(pathToFileURL(entry).href);
