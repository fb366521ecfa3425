import { z } from 'zod';
import { checkAgainst } from './parse-json.ts';
import type { Protocol } from './protocol.ts';
import type { Settings } from './settings.ts';

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

const pruning = recipe.extend({ fractions: z.array(percent).min(1).optional(), images: whole.optional() });

const settingsSchema = z.strictObject({
  protocol: z.string().min(1).optional(),
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
  references: whole.optional(),
  seeds: whole.optional(),
  workers: z.int().min(0).optional(),
  timeout: z.number().positive().optional(),
  memory: whole.optional(),
  out: z.string().min(1).optional(),
  cache: z.string().min(1).optional(),
  quick: z.boolean().optional(),
  training: recipe.omit({ network: true }).optional(),
  pruning: pruning.optional(),
  network: z.string().optional(),
  published: z.boolean().optional(),
  rankings: names.optional(),
  directions: z.array(z.enum(['keep', 'remove'])).min(1).optional(),
  batchSizes: z.array(whole).min(1).optional(),
  factors: z.array(z.enum(['seed', 'initialisation', 'order'])).min(1).optional(),
  repeats: z.int().min(2).optional(),
  width: whole.optional(),
  epochs: whole.optional(),
  batchSize: whole.optional(),
  learningRate: z.number().positive().optional(),
  images: whole.optional(),
  fractions: z.array(percent).min(1).optional(),
});

const unique = (entries: readonly { readonly name: string }[]): boolean => new Set(entries.map(({ name }) => name)).size === entries.length;

const protocolSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(/^[a-z0-9][\w.-]*$/i),
  description: z.string(),
  images: z.strictObject({ train: whole, test: whole }),
  datasets: z.array(z.strictObject({ name: z.string().min(1), trainImages: whole.optional(), testImages: whole.optional() })).min(1).refine(unique, 'a name stands there twice'),
  models: names,
  backends: names,
  backendsWhereInstalled: z.array(z.string()),
  methods: z.array(z.strictObject({
    name: z.string().min(1), method: z.string().optional(), package: z.string().optional(), options: z.record(z.string(), z.unknown()).optional(),
  })).min(1).refine(unique, 'a name stands there twice'),
  controls: z.array(z.string()),
  metrics: z.array(z.strictObject({
    name: z.string().min(1), metric: z.string().optional(), package: z.string().optional(), options: z.record(z.string(), z.unknown()).optional(),
    samples: whole.optional(), on: z.enum(['samples', 'mosaics']).optional(),
  })).min(1).refine(unique, 'a name stands there twice'),
  baseline: z.unknown().optional(),
  substrate: z.unknown().optional(),
  samples: whole,
  references: whole,
  seeds: whole,
  training: recipe.omit({ network: true }),
  pruning: pruning,
  statistics: z.strictObject({
    resamples: z.int().min(100), level: z.number().gt(0).lt(1), correction: z.enum(['holm', 'benjamini-hochberg', 'none']),
  }),
});

/** Checks settings of any origin. @throws CONFIGURATION_INVALID. */
export function checkSettings(value: unknown, where: string): Settings {
  return checkAgainst<Settings>(settingsSchema, value, where);
}

/** Checks a protocol. @throws CONFIGURATION_INVALID. */
export function checkProtocol(value: unknown, where: string): Protocol {
  return checkAgainst<Protocol>(protocolSchema, value, where);
}
