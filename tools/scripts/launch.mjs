// Starts one of the apps from a clone in any state: installs and builds first where needed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NATIVE_FOLDER } from './native-engine.mjs';
import { ensureBuilt, ensureInstalled, ROOT } from './workspace.mjs';

const ENTRIES = { cli: 'apps/cli/dist/main.js', bench: 'apps/bench/dist/main.js', perf: 'tools/perf/dist/main.js', zoo: 'tools/zoo/dist/main.js' };

const [app, ...args] = process.argv.slice(2);
const entry = join(ROOT, ENTRIES[app]);
ensureInstalled();
ensureBuilt();
// Native engines are found from the folder that a program runs in; the apps take paths from where the user stands.
if (existsSync(join(NATIVE_FOLDER, 'node_modules'))) {
  process.env['INIT_CWD'] ??= process.cwd();
  process.chdir(NATIVE_FOLDER);
}
process.argv = [process.execPath, entry, ...args];
await import(pathToFileURL(entry).href);
