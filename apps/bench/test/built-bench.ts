import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The root of the repository. */
export const ROOT: string = join(__dirname, '../../..');
/** The program, built. */
export const MAIN: string = join(__dirname, '../dist/main.js');

/** The program runs built; building is a no-op when nothing changed. */
export function buildBench(): void {
  const built = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', join(__dirname, '../tsconfig.lib.json')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout);
}
