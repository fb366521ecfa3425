import { resolve } from 'node:path';
import { checkSettings } from '../configuration/schemas.ts';
import { readSettings, type Settings } from '../configuration/settings.ts';

/** Flags as the command line gives them: texts, and true for switches. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

const LISTS = ['models', 'methods', 'backends', 'metrics', 'rankings', 'directions', 'factors'];
/** Flags that are not settings: where those are, and what to do with an earlier run. */
const NO_SETTINGS = ['config', 'resume'];
const NUMBERS = ['samples', 'seeds', 'workers', 'timeout', 'memory', 'width', 'epochs', 'batchSize', 'learningRate', 'trainImages', 'testImages', 'images', 'repeats'];

const NUMBER_LISTS = ['fractions', 'batchSizes'];

const splitList = (text: string): string[] => text.split(',').map((part) => part.trim());

function parseFlag(name: string, value: string | boolean): unknown {
  if (typeof value === 'boolean') return value;
  if (LISTS.includes(name)) return splitList(value);
  if (NUMBERS.includes(name)) return Number(value);
  return NUMBER_LISTS.includes(name) ? splitList(value).map(Number) : value;
}

/**
 * The settings of a command: what the configuration file says, then what the flags say.
 * @throws CONFIGURATION_INVALID.
 */
export function settingsFromFlags(flags: Flags, folder: string): Settings {
  const { config } = flags;
  const file = typeof config === 'string' ? readSettings(resolve(folder, config)) : {};
  const said = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined || NO_SETTINGS.includes(name) ? [] : [[name, parseFlag(name, value)] as const],
  );
  return { ...file, ...checkSettings(Object.fromEntries(said), 'on the command line') };
}
