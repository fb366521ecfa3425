import { PellucidError } from '@pellucid/core';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { createRequire } from 'node:module';

/** Makes sessions from the bytes of a model. */
export interface SessionFactory {
  /** Compiles a model. */
  readonly create: (model: Uint8Array, options?: InferenceSession.SessionOptions) => Promise<InferenceSession>;
}

/** The parts of an ONNX Runtime package that are used: `onnxruntime-node`, `onnxruntime-web` and `onnxruntime-react-native` have them. */
export interface OnnxRuntime {
  readonly InferenceSession: SessionFactory;
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): Tensor;
    new (type: 'int64', data: BigInt64Array, dims: readonly number[]): Tensor;
    new (type: 'int32', data: Int32Array, dims: readonly number[]): Tensor;
    new (type: 'bool', data: Uint8Array, dims: readonly number[]): Tensor;
  };
  readonly env: { readonly versions: { readonly common: string; readonly node?: string; readonly web?: string } };
}

const isEngine = (module: object): module is OnnxRuntime => 'InferenceSession' in module && 'Tensor' in module;

/** Where `onnxruntime-node` lies, for threads of their own. */
export function onnxRuntimePath(): string {
  return createRequire(import.meta.url).resolve('onnxruntime-node');
}

/** Imports `onnxruntime-node`. @throws BACKEND_UNAVAILABLE when it is not installed or does not load. */
export async function importOnnxRuntime(): Promise<OnnxRuntime> {
  let module: { readonly default?: object };
  try {
    module = await import('onnxruntime-node');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    throw new PellucidError(
      'BACKEND_UNAVAILABLE',
      {
        engine: 'onnxruntime-node',
        reason: missing ? 'the package is not installed' : `it does not load (${String(cause)})`,
        help: 'Run `npm install onnxruntime-node`, or pass another ONNX Runtime package as the option `onnxruntime`.',
      },
      { cause },
    );
  }
  if (isEngine(module)) return module;
  if (module.default !== undefined && isEngine(module.default)) return module.default;
  throw new Error('internal: onnxruntime-node exports no InferenceSession');
}
