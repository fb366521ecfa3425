import { isDeepStrictEqual } from 'node:util';
import { PellucidError } from '@pellucid/core';
import type { MethodChoice, PruneConfiguration, RunConfiguration } from '../configuration/configuration.ts';
import { readRunRecord, type RunRecord } from '../store/run-record.ts';

/** The parts of a configuration that change the value of a cell; the others only decide which cells there are. */
function decisive(record: Pick<RunRecord, 'command' | 'configuration'>): Readonly<Record<string, unknown>> {
  const { configuration } = record;
  if ('recipe' in configuration) {
    const { data, images, recipe } = configuration;
    return { data, images, recipe };
  }
  const { data, samples, metricOptions, training, pruning } = configuration;
  return { data, samples, metricOptions, training, 'images for pruning': pruning.images, 'recipe for pruning': pruning.recipe };
}

const methodsOf = (configuration: RunConfiguration | PruneConfiguration): readonly MethodChoice[] =>
  'methods' in configuration ? configuration.methods : configuration.rankings;

function firstDifference(before: Pick<RunRecord, 'command' | 'configuration'>, now: Pick<RunRecord, 'command' | 'configuration'>): string | undefined {
  if (before.command !== now.command) return `command (\`${before.command}\`)`;
  const [old, wanted] = [decisive(before), decisive(now)];
  const part = Object.keys(wanted).find((key) => !isDeepStrictEqual(asJson(old[key]), asJson(wanted[key])));
  if (part !== undefined) return `${part} (${JSON.stringify(old[part])})`;
  const method = methodsOf(now.configuration).find(({ name, options }) =>
    methodsOf(before.configuration).some((other) => other.name === name && !isDeepStrictEqual(asJson(other.options), asJson(options))),
  );
  return method && `options of \`${method.name}\``;
}

/** What is left of a value in a file: options that are undefined are gone. */
const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/**
 * The record of the run that is to go on, or null when there is none yet. Other networks, methods, backends, metrics and seeds may come in;
 * what decides the numbers has to be the same.
 * @throws CONFIGURATION_INVALID when it is not.
 */
export function findEarlierRun(out: string, now: Pick<RunRecord, 'command' | 'configuration'>): RunRecord | null {
  const before = readRunRecord(out);
  if (before === null) return null;
  const difference = firstDifference(before, now);
  if (difference === undefined) return before;
  throw new PellucidError('CONFIGURATION_INVALID', {
    where: 'of `--resume`',
    problem: `the results in \`${out}\` were made with another ${difference}`,
    help: 'Ask for the same, or start anew without `--resume` or in another `--out`.',
  });
}
