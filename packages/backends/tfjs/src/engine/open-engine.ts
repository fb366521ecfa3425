import { PellucidError } from '@pellucid/core';
import * as tf from '@tensorflow/tfjs-core';
// Loading the layers also registers the gradients of all operations, which core alone lacks in Node.
import { version_layers } from '@tensorflow/tfjs-layers';

import { installKernels } from '../kernels/install-kernels.ts';
import { repairBatchNormalization } from './batch-normalization-layer.ts';
import { repairDepthwiseConvolution } from './depthwise-convolution-layer.ts';
import { BACKEND_OF, ENGINE_ORDER, isNative, type EngineName } from './engine-name.ts';
import { createMutex, type Mutex } from './mutex.ts';
import { findNativePackage, loadNativePackage, tryNativePackage } from './native-package.ts';

/** Where an engine computes, in words that stand in every explanation. */
export type Device = 'cpu' | 'gpu' | 'cpu (no GPU found)';

/** An engine that works, ready for use. */
export interface TfjsEngine {
  readonly engine: EngineName;
  /** Where it computes. The GPU's engine runs on the CPU where TensorFlow finds no GPU, and says so here. */
  readonly device: Device;
  /** Versions of the packages that decide the numbers. */
  readonly versions: Readonly<Record<string, string>>;
  /** The operations, as TensorFlow.js offers them. Use them inside `exclusive`. */
  readonly tf: typeof tf;
  /**
   * Runs work while nothing else uses the engine, which is one per process: scopes, tape and kernels are shared. Calls wait for
   * each other in their order; a call from within the work runs at once.
   */
  readonly exclusive: <Result>(work: () => Result | Promise<Result>) => Promise<Result>;
}

/** The state of TensorFlow.js is global, so what guards it has to be global too: two copies of this package may be loaded. */
interface ProcessState {
  readonly mutex: Mutex;
  readonly opened: Map<EngineName, TfjsEngine>;
}

const STATE = Symbol.for('pellucid.backend-tfjs');

function processState(): ProcessState {
  const place = globalThis as { [STATE]?: ProcessState };
  return (place[STATE] ??= { mutex: createMutex(), opened: new Map() });
}

/** What an attempt to open an engine gave. */
type Attempt = { readonly opened: TfjsEngine } | { readonly reason: string };

/** The parts of the native backend that have no public type. */
interface NativeBackend {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** The native engine that the program has loaded itself. */
function loadedNative(): 'node-gpu' | 'node' | undefined {
  const backend = tf.findBackend('tensorflow') as unknown as NativeBackend | null;
  if (backend === null) return undefined;
  return backend.isGPUPackage ? 'node-gpu' : 'node';
}

async function openNative(engine: 'node-gpu' | 'node'): Promise<Attempt> {
  const name = `@tensorflow/tfjs-${engine}`;
  const candidate = findNativePackage(name);
  if (loadedNative() === undefined) {
    if (!candidate.found) return candidate;
    const problem = await tryNativePackage(candidate.folder);
    if (problem !== undefined) return { reason: problem };
    loadNativePackage(candidate.folder);
  }
  await tf.setBackend('tensorflow');
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as NativeBackend;
  const device = engine === 'node' ? 'cpu' : 'cpu (no GPU found)';
  const versions = { ...(candidate.found && { [name]: candidate.version }), TensorFlow: binding.TF_Version };
  return { opened: describe(engine, isUsingGpuDevice ? 'gpu' : device, versions) };
}

/** The JavaScript engine greets its first tensor with an advertisement on standard error. */
function silenceGreeting(): void {
  const before = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  tf.scalar(0).dispose();
  tf.env().set('PROD', before);
}

/** The version of a portable engine, once its package is loaded. Both need the JavaScript engine's. */
async function loadPortable(engine: 'wasm' | 'cpu'): Promise<string> {
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu');
  return engine === 'cpu' ? version_cpu : (await import('@tensorflow/tfjs-backend-wasm')).version_wasm;
}

async function openPortable(engine: 'wasm' | 'cpu'): Promise<Attempt> {
  const versions: Record<string, string> = {};
  try {
    versions[`@tensorflow/tfjs-backend-${engine}`] = await loadPortable(engine);
  } catch (error) {
    return { reason: `its package cannot be loaded (${error instanceof Error ? error.message : String(error)})` };
  }
  if (!(await tf.setBackend(engine))) return { reason: 'it does not start on this machine' };
  silenceGreeting();
  return { opened: describe(engine, 'cpu', versions) };
}

function describe(engine: EngineName, device: Device, versions: Readonly<Record<string, string>>): TfjsEngine {
  const { mutex } = processState();
  installKernels(BACKEND_OF[engine]);
  repairBatchNormalization();
  repairDepthwiseConvolution();
  const backend = BACKEND_OF[engine];
  return {
    engine,
    device,
    versions: { '@tensorflow/tfjs-core': tf.version_core, '@tensorflow/tfjs-layers': version_layers, ...versions },
    tf,
    exclusive: (work) =>
      mutex(async () => {
        const before = tf.getBackend();
        if (before !== backend) await tf.setBackend(backend);
        try {
          return await work();
        } finally {
          if (before !== backend) await tf.setBackend(before);
        }
      }),
  };
}

const HELP: Readonly<Record<EngineName, string>> = {
  'node-gpu': 'Install `@tensorflow/tfjs-node-gpu` 4.22 with its install script allowed, or use engine `wasm`, which is always there.',
  node: 'Install `@tensorflow/tfjs-node` 4.22 with its install script allowed, or use engine `wasm`, which is always there.',
  wasm: 'Reinstall `@tensorflow/tfjs-backend-wasm`, or use engine `cpu`.',
  cpu: 'Reinstall `@tensorflow/tfjs-backend-cpu`.',
};

/** A native engine shares its process with no other: its package brings kernels for the others that collide with theirs. */
function checkCompatible(engine: EngineName, opened: ReadonlyMap<EngineName, TfjsEngine>): void {
  const loaded = isNative(engine) ? loadedNative() : undefined;
  const other = [...opened.keys()].find((name) => isNative(name) || isNative(engine)) ?? loaded;
  if (other === undefined || other === engine) return;
  throw new PellucidError('BACKEND_UNAVAILABLE', {
    engine,
    reason: `this process already uses engine \`${other}\`, and a native engine cannot be combined with another one`,
    help: `Use \`${other}\` here, or another process for \`${engine}\`.`,
  });
}

async function open(engine: EngineName): Promise<Attempt> {
  const { opened } = processState();
  const known = opened.get(engine);
  if (known !== undefined) return { opened: known };
  checkCompatible(engine, opened);
  const attempt = isNative(engine) ? await openNative(engine) : await openPortable(engine);
  if ('opened' in attempt) opened.set(engine, attempt.opened);
  return attempt;
}

/**
 * Opens an engine of TensorFlow.js, with kernels for gradients that are right and fast.
 *
 * @param request - the engine; left out, the one already in use or else the first of `node-gpu`, `node`, `wasm`, `cpu` that is
 * installed and works. A process can use `wasm` and `cpu` side by side, but a native engine only alone.
 * @throws BACKEND_UNAVAILABLE, which says what is missing and how to get it; OPTION_INVALID for an unknown name.
 */
export async function openEngine(request?: EngineName): Promise<TfjsEngine> {
  if (request !== undefined && !ENGINE_ORDER.includes(request)) {
    throw new PellucidError('OPTION_INVALID', {
      option: 'engine',
      name: 'backend-tfjs',
      expected: ENGINE_ORDER.map((name) => JSON.stringify(name)).join(' | '),
      actual: JSON.stringify(request),
    });
  }
  const { mutex, opened } = processState();
  return mutex(async () => {
    const [first] = opened.values();
    if (request === undefined && first !== undefined) return first;
    const reasons: string[] = [];
    const wanted = request ?? loadedNative();
    for (const engine of wanted === undefined ? ENGINE_ORDER : [wanted]) {
      const attempt = await open(engine);
      if ('opened' in attempt) return attempt.opened;
      reasons.push(request === undefined ? `${engine}: ${attempt.reason}` : attempt.reason);
    }
    throw new PellucidError('BACKEND_UNAVAILABLE', {
      engine: request ?? 'any',
      reason: reasons.join('; '),
      help: HELP[request ?? 'wasm'],
    });
  });
}
