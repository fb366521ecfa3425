import { isDeepStrictEqual } from 'node:util';
import { PellucidError } from '@pellucid/core';
import type { MethodChoice, MetricChoice, PruneConfiguration, Recipe, RunConfiguration } from '../configuration/configuration.ts';
import { readRunRecord, type RunRecord } from '../store/run-record.ts';

type Asked = Pick<RunRecord, 'command' | 'configuration'>;

/** The parts of a configuration that change the value of a cell; the others only decide which cells there are. */
function decisive({ configuration }: Asked): Readonly<Record<string, unknown>> {
  if ('rankings' in configuration) return { images: configuration.images };
  const { samples, references, training, pruning, statistics } = configuration;
  return { samples, references, training, statistics, ...(pruning && { 'images for pruning': pruning.images, 'recipe for pruning': pruning.recipe }) };
}

const methodsOf = (configuration: RunConfiguration | PruneConfiguration): readonly MethodChoice[] =>
  'methods' in configuration ? configuration.methods : configuration.rankings;

const metricsOf = (configuration: RunConfiguration | PruneConfiguration): readonly MetricChoice[] => ('metrics' in configuration ? configuration.metrics : []);

/** How networks are trained, under their names. */
const recipesOf = (configuration: RunConfiguration | PruneConfiguration): readonly (Recipe & { readonly name: string })[] =>
  'recipes' in configuration ? configuration.recipes.map((recipe) => ({ ...recipe, name: recipe.network })) : [];

/** What is left of a value in a file: options that are undefined are gone. */
const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** What stands under one name on both sides and is not the same. */
function changed<Entry extends { readonly name: string }>(before: readonly Entry[], now: readonly Entry[]): string | undefined {
  return now.find((entry) => before.some((other) => other.name === entry.name && !isDeepStrictEqual(asJson(other), asJson(entry))))?.name;
}

function firstDifference(before: Asked, now: Asked): string | undefined {
  if (before.command !== now.command) return `command (\`${before.command}\`)`;
  const [old, wanted] = [decisive(before), decisive(now)];
  const part = Object.keys(wanted).find((key) => key in old && !isDeepStrictEqual(asJson(old[key]), asJson(wanted[key])));
  if (part !== undefined) return `${part} (${JSON.stringify(old[part])})`;
  if ('datasets' in before.configuration && 'datasets' in now.configuration) {
    const data = changed(before.configuration.datasets, now.configuration.datasets);
    if (data !== undefined) return `part of the data set \`${data}\``;
  }
  const recipe = changed(recipesOf(before.configuration), recipesOf(now.configuration));
  if (recipe !== undefined) return `recipe for \`${recipe}\``;
  const method = changed(methodsOf(before.configuration), methodsOf(now.configuration));
  if (method !== undefined) return `version or other options of \`${method}\``;
  const metric = changed(metricsOf(before.configuration), metricsOf(now.configuration));
  return metric && `version or other options of metric \`${metric}\``;
}

/**
 * The record of the run that is to go on, or null when there is none yet. Other data sets, networks, methods, backends, metrics and seeds may come in;
 * what decides the numbers has to be the same.
 * @throws CONFIGURATION_INVALID when it is not.
 */
export function findEarlierRun(out: string, now: Asked): RunRecord | null {
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
