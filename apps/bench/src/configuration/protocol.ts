import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PellucidError, suggestNames } from '@pellucid/core';
import type { SampleSet, StatisticsSettings } from './configuration.ts';
import { readJson } from './parse-json.ts';
import { checkProtocol } from './schemas.ts';
import type { PruningChoice, Settings } from './settings.ts';

/** A data set of a protocol: the test images are explained, the first of the split. */
export interface ProtocolDataset {
  readonly name: string;
  /** @defaultValue those of `images` */
  readonly trainImages?: number | undefined;
  readonly testImages?: number | undefined;
}

/** A method of a protocol. */
export interface ProtocolMethod {
  readonly name: string;
  /** Name or package of the method. @defaultValue the name */
  readonly method?: string | undefined;
  /** The installed package that it comes from. @defaultValue the benchmark's own, or the package named by `method` */
  readonly package?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** A metric of a protocol. */
export interface ProtocolMetric {
  readonly name: string;
  /** Name or package of the metric, `pruning` or `agreement`. @defaultValue the name */
  readonly metric?: string | undefined;
  /** The installed package that it comes from. @defaultValue the benchmark's own, or the package named by `metric` */
  readonly package?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue those of the protocol */
  readonly samples?: number | undefined;
  /** @defaultValue mosaics for `focus`, samples for all others */
  readonly on?: SampleSet | undefined;
}

/** Everything that decides the numbers of a run. Whoever changes a protocol gives it another name. */
export interface Protocol {
  /** Of the file. */
  readonly format: 1;
  /** With its version: `standard-v1`. */
  readonly name: string;
  readonly description: string;
  /** How many images of each split, the first ones, unless a data set says otherwise. */
  readonly images: { readonly train: number; readonly test: number };
  readonly datasets: readonly ProtocolDataset[];
  readonly models: readonly string[];
  readonly backends: readonly string[];
  /** Further ones, on machines that have them, unless a run names its own. */
  readonly backendsWhereInstalled: readonly string[];
  readonly methods: readonly ProtocolMethod[];
  readonly controls: readonly string[];
  readonly metrics: readonly ProtocolMetric[];
  /** For every method that has a baseline and is given none. @defaultValue each method's own */
  readonly baseline?: unknown;
  /** For every metric that replaces pixels and is given none. @defaultValue each metric's own */
  readonly substrate?: unknown;
  readonly samples: number;
  readonly references: number;
  readonly seeds: number;
  readonly training: NonNullable<Settings['training']>;
  readonly pruning: PruningChoice;
  readonly statistics: StatisticsSettings;
}

const FOLDER = fileURLToPath(new URL('../../protocols/', import.meta.url));

/** The protocols that come along. */
export function shippedProtocols(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, '')).sort();
}

/**
 * Reads a protocol by its name, with or without the version, or from a JSON file.
 * @throws METHOD_UNKNOWN for a name that none has; CONFIGURATION_INVALID for a file that is missing, no JSON, or says something unknown.
 */
export function readProtocol(nameOrFile: string, folder: string): Protocol {
  if (/[\\/]|\.json$/.test(nameOrFile)) {
    const file = resolve(folder, nameOrFile);
    return checkProtocol(readJson(file), `file \`${file}\``);
  }
  const shipped = shippedProtocols();
  const name = shipped.find((known) => known === nameOrFile) ?? shipped.findLast((known) => known.replace(/-v\d+$/, '') === nameOrFile);
  if (name === undefined) {
    throw new PellucidError('METHOD_UNKNOWN', { kind: 'protocol', name: nameOrFile, help: `${suggestNames(nameOrFile, shipped)} A file ends with .json.` });
  }
  const file = join(FOLDER, `${name}.json`);
  return checkProtocol(readJson(file), `file \`${file}\``);
}
