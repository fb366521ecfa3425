import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PellucidError, suggestNames } from '@pellucid/core';
import { z } from 'zod';
import type { Recipe } from './configuration.ts';

const names = z.array(z.string().min(1)).min(1);
const whole = z.int().min(1);
const options = z.record(z.string(), z.record(z.string(), z.unknown()));
const percent = z.number().gt(0).max(100);

const recipe = z.strictObject({
  network: z.string().optional(),
  width: whole.optional(),
  epochs: whole.optional(),
  batchSize: whole.optional(),
  learningRate: z.number().positive().optional(),
});

const schema = z.strictObject({
  dataset: z.string().min(1).optional(),
  dataDir: z.string().min(1).optional(),
  trainImages: whole.optional(),
  testImages: whole.optional(),
  models: names.optional(),
  methods: names.optional(),
  methodOptions: options.optional(),
  backends: names.optional(),
  metrics: names.optional(),
  metricOptions: options.optional(),
  samples: whole.optional(),
  seeds: whole.optional(),
  workers: whole.optional(),
  out: z.string().min(1).optional(),
  quick: z.boolean().optional(),
  training: recipe.omit({ network: true }).optional(),
  pruning: recipe.extend({ fractions: z.array(percent).min(1).optional(), images: whole.optional() }).optional(),
  network: z.string().optional(),
  rankings: names.optional(),
  fractions: z.array(percent).min(1).optional(),
});

type Optional<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };

/** What a person can say about a run, in a configuration file or on the command line. Everything may be left out. */
export type Settings = Optional<{
  dataset: string;
  dataDir: string;
  trainImages: number;
  testImages: number;
  models: string[];
  methods: string[];
  methodOptions: Record<string, Record<string, unknown>>;
  backends: string[];
  metrics: string[];
  metricOptions: Record<string, Record<string, unknown>>;
  samples: number;
  seeds: number;
  workers: number;
  out: string;
  quick: boolean;
  training: Optional<Omit<Recipe, 'network'>>;
  pruning: Optional<Recipe & { fractions: number[]; images: number }>;
  network: string;
  rankings: string[];
  fractions: number[];
}>;

const KEYS = Object.keys(schema.shape);

function describeIssue(issue: z.core.$ZodIssue): { readonly problem: string; readonly help: string } {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    return {
      problem: `${path === '' ? '' : `\`${path}\` holds `}the unknown setting \`${key ?? ''}\``,
      help: path === '' ? suggestNames(key ?? '', KEYS) : 'Remove it.',
    };
  }
  const expected = issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '');
  return { problem: `\`${path}\` is wrong: ${expected}`, help: 'The README of the benchmark lists every setting.' };
}

/** Checks settings of any origin. @throws CONFIGURATION_INVALID. */
export function checkSettings(value: unknown, where: string): Settings {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error('internal: a refused configuration without an issue');
  throw new PellucidError('CONFIGURATION_INVALID', { where, ...describeIssue(issue) });
}

/**
 * Reads a JSON configuration file; paths in it are relative to its folder.
 * @throws CONFIGURATION_INVALID when it is missing, no JSON, or says something unknown.
 */
export function readSettings(path: string): Settings {
  const where = `file \`${path}\``;
  if (!existsSync(path)) {
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem: 'it does not exist', help: 'Name an existing JSON file.' });
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem, help: 'It has to be a JSON object.' }, { cause });
  }
  const settings = checkSettings(value, where);
  const folder = dirname(path);
  return {
    ...settings,
    ...(settings.dataDir !== undefined && { dataDir: resolve(folder, settings.dataDir) }),
    ...(settings.out !== undefined && { out: resolve(folder, settings.out) }),
  };
}
