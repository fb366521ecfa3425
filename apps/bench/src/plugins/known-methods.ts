import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverMethods, type Discovery } from '@pellucid/plugins';

/** The folder of this application's package.json. */
export const APPLICATION: string = join(dirname(fileURLToPath(import.meta.url)), '../..');

const found: Promise<Discovery>[] = [];

/** Every method that the benchmark brings or that is installed beside it, and wrappers around any of them. */
export async function broughtMethods(): Promise<Discovery> {
  // Loaded once in a process, and only where a method is asked for.
  found[0] ??= discoverMethods({ user: APPLICATION, application: APPLICATION });
  return found[0];
}

/** The controls, whose maps know nothing of the model: noise, edges of the image, its brightness, a bump in the middle, nothing. */
export const CONTROLS: readonly string[] = ['random', 'edges', 'input-magnitude', 'centre-prior', 'constant'];
