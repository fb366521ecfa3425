import { PellucidError } from '@pellucid/core';

/** What `--target` asks for: the predicted class of each sample, one class for all, or one per sample. */
export type TargetRequest = 'predicted' | readonly number[];

const WHOLE_NUMBER = /^\d+$/;

/** Reads `predicted` or class indices separated by commas. @throws CONFIGURATION_INVALID. */
export function parseTarget(text: string): TargetRequest {
  if (text === 'predicted') return 'predicted';
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => WHOLE_NUMBER.test(part))) return parts.map(Number);
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: 'of `--target`',
    problem: `\`${text}\` is no class index`,
    help: 'Give `predicted`, one index from 0 for all samples (`281`), or one per sample (`281,207,3`).',
  });
}

/** Reads names separated by commas. @throws CONFIGURATION_INVALID. */
export function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return [...new Set(names)];
  const problem = `\`${text}\` leaves a name out`;
  throw new PellucidError('CONFIGURATION_INVALID', { where: 'of `--wrt`', problem, help: 'Give `inputs`, or names separated by commas: `input,conv1`.' });
}

/** Reads a whole number from 0. @throws CONFIGURATION_INVALID. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (WHOLE_NUMBER.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: 'of `--seed`',
    problem: `\`${text}\` is no seed`,
    help: `Give a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`,
  });
}

/** Reads a number above zero. @throws CONFIGURATION_INVALID. */
export function parsePositive(option: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new PellucidError('CONFIGURATION_INVALID', { where: `of \`${option}\``, problem: `\`${text}\` is no number above 0`, help: 'Give a number such as `0.05`.' });
  };
}

/** Reads `shared` or a number above zero. @throws CONFIGURATION_INVALID. */
export function parseRange(text: string): number | 'shared' {
  return text === 'shared' ? text : parsePositive('--range')(text);
}

/** Reads a percentage from 0 to less than 100. @throws CONFIGURATION_INVALID. */
export function parsePercentage(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && value < 100) return value;
  throw new PellucidError('CONFIGURATION_INVALID', { where: 'of `--outliers`', problem: `\`${text}\` is no percentage`, help: 'Give a number from 0 to less than 100.' });
}

/** Reads counts from 0, separated by commas. @throws CONFIGURATION_INVALID. */
export function parseSamples(text: string): readonly number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => WHOLE_NUMBER.test(part))) return parts.map(Number);
  throw new PellucidError('CONFIGURATION_INVALID', { where: 'of `--sample`', problem: `\`${text}\` is no sample`, help: 'Give numbers from 0, separated by commas.' });
}

/** An object as JSON gives it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object with names, not a list and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one JSON object; `help` says what it should look like. @throws CONFIGURATION_INVALID, saying where the text stops being JSON. */
export function parseJsonObject(text: string, where: string, help: string): JsonObject {
  const fail = (problem: string, cause?: unknown): never => {
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem, help }, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return fail(`it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
  return isJsonObject(value) ? value : fail(`it is ${JSON.stringify(value)}, not an object`);
}
