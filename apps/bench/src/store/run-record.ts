import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { PellucidError } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';
import type { PruneConfiguration, Recipe, RunConfiguration } from '../configuration/configuration.ts';
import { FILES } from './folder.ts';

/** The machine of a run. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

/** A network that the run trained. */
export interface TrainedRecord {
  readonly dataset: string;
  readonly network: string;
  readonly seed: number;
  /** On test images, in percent. */
  readonly accuracy: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly recipe: Recipe;
  readonly seconds: number;
}

/** A cell that was planned and does not exist: what it would need is not there. */
export interface NotApplicable {
  readonly dataset: string;
  readonly model: string;
  readonly method: string;
  readonly backend: string;
  readonly metric: string;
  readonly reason: string;
}

/** The protocol of a run. */
export interface ProtocolRecord {
  /** Name of the protocol file, without extension: `standard-v1`. */
  readonly name: string;
  /** SHA-256 of `resolved`. */
  readonly hash: string;
  /** What the configuration file and the flags changed in it. */
  readonly changed: readonly string[];
  /** Everything that decides the numbers, every default written out, in the form of a protocol file. */
  readonly resolved: unknown;
}

interface Common {
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly trained: readonly TrainedRecord[];
  /** ISO 8601. */
  readonly start: string;
  /** Null while the run lasts, and after it was killed. */
  readonly end: string | null;
}

/** What `run.json` holds. */
export type RunRecord =
  | (Common & {
    readonly command: 'run';
    readonly configuration: RunConfiguration;
    readonly protocol: ProtocolRecord;
    readonly notApplicable: readonly NotApplicable[];
  })
  | (Common & { readonly command: 'prune'; readonly configuration: PruneConfiguration });

/** Describes the machine that this process runs on. */
export function describeMachine(): Machine {
  return {
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
  };
}

/** The versions of Node and of this program. */
export function programVersions(): Record<string, string> {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return { node: process.versions.node, '@pellucid/bench': manifest.version };
}

/** Writes `run.json`. @throws OUTPUT_UNWRITABLE. */
export function writeRunRecord(out: string, record: RunRecord): void {
  writeWhole(FILES.run(out), `${JSON.stringify(record, null, 2)}\n`);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether a value has what every reader of a record asks for. Other versions of the program may have written less. */
function isRecord(value: unknown): value is RunRecord {
  if (!isObject(value) || !('command' in value && 'configuration' in value && 'trained' in value && 'machine' in value && 'versions' in value)) return false;
  const { command, configuration, trained, machine, versions } = value;
  return (command === 'run' || command === 'prune') && [configuration, machine, versions].every(isObject)
    && Array.isArray(trained) && trained.every((one: unknown) => isObject(one) && 'recipe' in one && isObject(one.recipe));
}

/** Reads `run.json`; null where there is none. @throws DATA_INVALID. */
export function readRunRecord(out: string): RunRecord | null {
  const file = FILES.run(out);
  if (!existsSync(file)) return null;
  const refuse = (cause?: unknown): PellucidError =>
    new PellucidError('DATA_INVALID', { file, format: 'JSON', problem: 'it is no record of a run, or one that another version of this program wrote', help: 'Choose another folder, or start anew in this one without `--resume`.' }, { cause });
  let record: unknown;
  try {
    record = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw refuse(cause);
  }
  if (!isRecord(record)) throw refuse();
  return record;
}
