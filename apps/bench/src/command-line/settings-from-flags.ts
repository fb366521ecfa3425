import { resolve } from 'node:path';
import { checkSettings, readSettings, type Settings } from '../configuration/settings.ts';

/** Flags as the command line gives them: texts, and true for switches. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

const LISTS = ['models', 'methods', 'backends', 'metrics', 'rankings'];
const NUMBERS = ['samples', 'seeds', 'workers'];

const splitList = (text: string): string[] => text.split(',').map((part) => part.trim());

function parseFlag(name: string, value: string | boolean): unknown {
  if (typeof value === 'boolean') return value;
  if (LISTS.includes(name)) return splitList(value);
  if (NUMBERS.includes(name)) return Number(value);
  return name === 'fractions' ? splitList(value).map(Number) : value;
}

/**
 * The settings of a command: what the configuration file says, then what the flags say.
 * @throws CONFIGURATION_INVALID.
 */
export function settingsFromFlags({ config, resume: _, ...flags }: Flags, folder: string): Settings {
  const file = typeof config === 'string' ? readSettings(resolve(folder, config)) : {};
  const said = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [[name, parseFlag(name, value)] as const]));
  return { ...file, ...checkSettings(Object.fromEntries(said), 'on the command line') };
}
