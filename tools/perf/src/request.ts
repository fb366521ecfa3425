import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PellucidError } from '@pellucid/core';
import { METHODS, type MethodName } from './methods.ts';
import { NETWORKS } from './networks.ts';

/** What is measured. */
export interface PerfRequest {
  /** Names of networks, or paths of model files. */
  readonly models: readonly string[];
  readonly methods: readonly MethodName[];
  /** `onnxruntime`, or `tfjs/` and an engine. */
  readonly backends: readonly string[];
  /** A Python with torch, torchvision, captum and onnx. */
  readonly python: string | undefined;
  /** Where exported networks are kept. */
  readonly modelFolder: string;
  readonly threads: number;
  /** Rounds of blocks per cell. */
  readonly rounds: number;
  /** Seconds that a block lasts at least. */
  readonly seconds: number;
  /** Where the figures are written. */
  readonly out: string;
}

/** How the program is used. */
export function usage(): string {
  return `npm run perf -- [--models A,B] [--methods A,B] [--peer-python PATH] [--backends A,B]
                    [--threads N] [--rounds N] [--seconds S] [--model-dir DIR] [--out FILE]

--models       of ${Object.keys(NETWORKS).join(', ')}; or paths of .onnx or tfjs model.json files (ours alone)
--methods      of ${METHODS.join(', ')}
--peer-python  a Python with torch, torchvision, captum and onnx: times them in turn with ours, and exports the networks
--backends     of onnxruntime (the default), tfjs/node, tfjs/node-gpu, tfjs/wasm, tfjs/cpu
--threads      of each engine (2)
--rounds       of blocks per cell (5); disturbed ones are repeated
--seconds      that a block of calls lasts at least (0.25)
--model-dir    where exported networks are kept (tools/perf/.cache/models)
--out          where the figures go (perf.json)`;
}

function invalid(option: string, expected: string, actual: string): PellucidError {
  return new PellucidError('OPTION_INVALID', { option, name: 'perf', expected, actual });
}

function positive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && (!whole || Number.isInteger(value))) return value;
  throw invalid(option, whole ? 'a whole number from 1' : 'a number above 0', text);
}

const listed = (text: string): string[] => text.split(',').filter((item) => item !== '');

function methodsOf(text: string): MethodName[] {
  return listed(text).map((name) => METHODS.find((method) => method === name) ?? raise(invalid('--methods', METHODS.join(', '), name)));
}

function raise(error: Error): never {
  throw error;
}

function modelsOf(text: string, folder: string): string[] {
  return listed(text).map((item) => {
    if (item in NETWORKS) return item;
    const path = resolve(folder, item);
    if (existsSync(path)) return path;
    throw invalid('--models', `one of ${Object.keys(NETWORKS).join(', ')}, or the path of a model`, item);
  });
}

const BACKEND = /^(onnxruntime|tfjs\/(node|node-gpu|wasm|cpu))$/;

type Options = Readonly<Record<string, string | boolean | undefined>>;

function parseOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const options = {
    'models': text, 'methods': text, 'backends': text, 'peer-python': text, 'model-dir': text, 'threads': text, 'rounds': text, 'seconds': text, 'out': text,
    'help': { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw invalid('arguments', 'what --help lists', cause instanceof Error ? cause.message : String(cause));
  }
}

/** Reads the arguments. @returns null where help is asked for. @throws OPTION_INVALID. */
export function readRequest(args: readonly string[], folder: string): PerfRequest | null {
  const options = parseOptions(args);
  const given = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  if (options['help'] === true) return null;
  const [python, modelFolder] = [given('peer-python'), given('model-dir')];
  const backends = listed(given('backends') ?? 'onnxruntime');
  for (const backend of backends) if (!BACKEND.test(backend)) throw invalid('--backends', 'onnxruntime or tfjs/ENGINE', backend);
  return {
    models: modelsOf(given('models') ?? Object.keys(NETWORKS).join(','), folder),
    methods: methodsOf(given('methods') ?? METHODS.join(',')),
    backends,
    // A bare name is found on the path.
    python: python?.includes('/') === true ? resolve(folder, python) : python,
    modelFolder: modelFolder === undefined ? join(import.meta.dirname, '../.cache/models') : resolve(folder, modelFolder),
    threads: positive('--threads', given('threads') ?? '2', true),
    rounds: positive('--rounds', given('rounds') ?? '5', true),
    seconds: positive('--seconds', given('seconds') ?? '0.25', false),
    out: resolve(folder, given('out') ?? 'perf.json'),
  };
}
