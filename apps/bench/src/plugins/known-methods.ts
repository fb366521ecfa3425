import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverMethods, type FoundMethod } from '@pellucid/plugins';

/** The folder of this application's package.json. */
export const APPLICATION: string = join(dirname(fileURLToPath(import.meta.url)), '../..');

const found: Promise<readonly FoundMethod[]>[] = [];

/** Every method that the benchmark brings, and wrappers around any of them. */
export async function broughtMethods(): Promise<readonly FoundMethod[]> {
  // Loaded once in a process, and only where a method is asked for.
  found[0] ??= discoverMethods({ user: APPLICATION, application: APPLICATION }).then(({ methods }) => methods);
  return found[0];
}

/** The controls, whose maps know nothing of the model: noise, edges of the image, its brightness, a bump in the middle, nothing. */
export const CONTROLS: readonly string[] = ['random', 'edges', 'input-magnitude', 'centre-prior', 'constant'];
