import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverMethods, type Discovery } from '@pellucid/plugins';

const APPLICATION = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The methods that `pellucid` brings, and those of packages installed beside the user's project. */
export function findMethods(user: string): Promise<Discovery> {
  return discoverMethods({ user, application: APPLICATION });
}
