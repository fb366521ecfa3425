import { isPellucidError, PellucidError, type BackendDescription } from '@pellucid/core';
import type { Optimization } from '@pellucid/onnx-autodiff';
import { nodeTitle, type OnnxModel } from '@pellucid/onnx-graph';
import type { InferenceSession } from 'onnxruntime-common';
import { availableParallelism } from 'node:os';
import { constantWeights } from './constant-weights.ts';
import { packOutside, packWhole } from './external-weights.ts';
import { leaveLargeMatrices } from './large-matrices.ts';
import { growTeam, type GrowingTeam } from './team/growing-team.ts';
import { importOnnxRuntime, onnxRuntimePath, type OnnxRuntime } from './onnxruntime-module.ts';
import { openTeam } from './team/session-team.ts';
import { teamSize } from './team/team-size.ts';
import { hasBlockedLayout, suitedOptimizations } from './suited-optimizations.ts';

/** How sessions are made. */
export interface EngineOptions {
  /** Another package of ONNX Runtime. @defaultValue `onnxruntime-node` */
  readonly onnxruntime?: OnnxRuntime | undefined;
  /** Where models run, the first that works: `cpu`, `cuda`, `webgpu`, ... @defaultValue `['cpu']` */
  readonly executionProviders?: readonly string[] | undefined;
  /** Threads of one execution. @defaultValue the number of cores */
  readonly threads?: number | undefined;
}

/** An ONNX Runtime that compiles models. */
export interface Engine {
  readonly runtime: OnnxRuntime;
  readonly description: BackendDescription;
  /** Ways to compute gradients faster that are faster here. */
  readonly optimizations: readonly Optimization[];
  /** Whether it holds the images of convolutions in blocks of channels, as `minimalFiltering` is for. */
  readonly isBlocked: boolean;
  /** Makes a session of a model. @throws MODEL_UNSUPPORTED or MODEL_INVALID where the runtime refuses it. */
  readonly compile: (model: OnnxModel) => Promise<InferenceSession>;
  /** A team of sessions that share the threads, beside the session of a graph with weights of so many bytes; `null` where one would not pay. */
  readonly team: (make: () => OnnxModel, weightBytes: number) => GrowingTeam | null;
}

// Between two nodes threads wait awake for some microseconds, since to wake them takes longer; behind the last they sleep: a model has a session per kind of
// query, and threads that spin take the cores from the session at work (SqueezeNet on two cores, two sessions in turn: 8 ms a pass instead of 18).
const SESSION_ENTRIES = { intra_op: { allow_spinning: '1', spin_duration_us: '50' }, force_spinning_stop: '1' };

/** What ONNX Runtime says of an operator that it does not have. */
const UNKNOWN_OPERATOR: readonly RegExp[] = [
  /(?:[\w.]*:)?(\w+)\(-?\d+\) is not a registered function\/op/,
  /No Op registered for (\w+)/,
  /Could not find an implementation for (?:[\w.]*:)?(\w+)\(\d+\)/,
];

function explainFailure(cause: unknown, model: OnnxModel): PellucidError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const operator = UNKNOWN_OPERATOR.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined);
  if (operator !== undefined) {
    const node = model.graph.node.find(({ opType }) => opType === operator);
    const problem = `ONNX Runtime has no operator \`${operator}\`${node ? ` (node \`${nodeTitle(node)}\`)` : ''}`;
    const help = 'Export the model with standard operators, or with an older opset.';
    return new PellucidError('MODEL_UNSUPPORTED', { model: model.name, problem, help }, { cause });
  }
  const [, asked, newest] = /Opset (\d+) is under development[^]*is till opset (\d+)/.exec(message) ?? [];
  if (asked !== undefined && newest !== undefined) {
    const problem = `it is written in opset ${asked}, and ONNX Runtime takes them up to ${newest}`;
    return new PellucidError('MODEL_UNSUPPORTED', { model: model.name, problem, help: `Export the model for opset 7 to ${newest}.` }, { cause });
  }
  if (/IR version|opset|execution provider|backend/i.test(message)) {
    const help = 'Export the model for an older version, or update ONNX Runtime.';
    return new PellucidError('MODEL_UNSUPPORTED', { model: model.name, problem: `ONNX Runtime refuses it (${message})`, help }, { cause });
  }
  const problem = `ONNX Runtime refuses it (${message})`;
  return new PellucidError('MODEL_INVALID', { model: model.name, format: 'ONNX', problem, help: 'Check the model with `onnx.checker`.' }, { cause });
}

/** Makes a session of a model, with its weights where they are; inside the model where the runtime does not find them there. */
async function createSession(runtime: OnnxRuntime, model: OnnxModel, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  const create = (pack: typeof packWhole): Promise<InferenceSession> => {
    const { bytes, externalData, entries } = pack(model);
    const extra = { session: { ...SESSION_ENTRIES, ...entries } };
    return runtime.InferenceSession.create(bytes, { ...options, extra, ...(externalData.length > 0 && { externalData: [...externalData] }) });
  };
  // Other runtimes see no files, and copy into their own memory what they are given.
  if (runtime.env.versions.node === undefined) return create(packWhole);
  try {
    return await create(packOutside);
  } catch (cause) {
    // Not every file can be mapped: those of some network drives, for example.
    if (isPellucidError(cause) || !/external/i.test(String(cause))) throw cause;
    return create(packWhole);
  }
}

/** Opens ONNX Runtime. @throws BACKEND_UNAVAILABLE. */
export async function openEngine({ onnxruntime, executionProviders = ['cpu'], threads }: EngineOptions): Promise<Engine> {
  const runtime = onnxruntime ?? (await importOnnxRuntime());
  const [provider = 'cpu'] = executionProviders;
  const versions = Object.entries(runtime.env.versions).map(([name, version]) => [`onnxruntime-${name}`, String(version)]);
  const options: InferenceSession.SessionOptions = {
    executionProviders,
    intraOpNumThreads: threads ?? availableParallelism(),
    interOpNumThreads: 1,
    // A pattern is a second place for all values, beside what the first execution took: VGG-16's gradient in batches of ten takes 1.2 GiB
    // less without, and no more time.
    enableMemPattern: false,
    // Errors only: the engine prints warnings about models straight to standard error.
    logSeverityLevel: 3,
  };
  const isBlocked = hasBlockedLayout(provider, process.arch, runtime.env.versions.node !== undefined);
  const onCpu = ['cpu', 'wasm', 'xnnpack'].includes(provider);
  const prepare = (model: OnnxModel): OnnxModel => (provider === 'cpu' ? leaveLargeMatrices(constantWeights(model)) : constantWeights(model));
  return {
    runtime,
    description: {
      name: 'onnxruntime',
      engine: provider,
      device: onCpu ? 'cpu' : 'gpu',
      versions: Object.fromEntries(versions) as Record<string, string>,
    },
    optimizations: suitedOptimizations(isBlocked),
    isBlocked,
    team: (make, weightBytes) => {
      const size = onnxruntime === undefined && provider === 'cpu' ? teamSize(threads ?? availableParallelism(), weightBytes) : 1;
      if (size < 2) return null;
      return growTeam(() => {
        const { bytes, externalData, entries } = packOutside(prepare(make()));
        if (externalData.length > 0) throw new Error('internal: a team is for small weights');
        const extra = { session: { ...SESSION_ENTRIES, ...entries } };
        return openTeam(size, { runtime: onnxRuntimePath(), bytes, options: { ...options, intraOpNumThreads: Math.floor(Number(options.intraOpNumThreads) / size), extra } });
      });
    },
    compile: async (model) => {
      try {
        return await createSession(runtime, prepare(model), options);
      } catch (cause) {
        throw isPellucidError(cause) ? cause : explainFailure(cause, model);
      }
    },
  };
}
