import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** The engines whose tensors lie in memory that JavaScript can reach without copying. */
export type HostBackend = MathBackendCPU | BackendWasm;

const isWasm = (backend: KernelBackend): backend is BackendWasm => 'typedArrayFromHeap' in backend;

/** Whether a backend keeps its tensors in such memory. */
export function isHostBackend(backend: KernelBackend): backend is HostBackend {
  return isWasm(backend) || 'makeTensorInfo' in backend;
}

/**
 * Makes a float32 tensor by a loop over the values of others. `compute` gets the values of the new tensor (zeros) and of the inputs;
 * it must not keep them.
 */
export function computeOnHost(
  backend: HostBackend,
  shape: readonly number[],
  inputs: readonly TensorInfo[],
  compute: (result: Float32Array, ...values: Float32Array[]) => void,
): TensorInfo {
  if (!isWasm(backend)) {
    const result = new Float32Array(shape.reduce((product, length) => product * length, 1));
    compute(result, ...inputs.map((input) => backend.readSync(input.dataId) as Float32Array));
    return backend.makeTensorInfo([...shape], 'float32', result);
  }
  // The output comes first: allocating may grow the heap, which invalidates earlier views of it.
  const output = backend.makeOutput([...shape], 'float32');
  const view = (info: TensorInfo): Float32Array => backend.typedArrayFromHeap(info) as Float32Array;
  const result = view(output);
  result.fill(0);
  compute(result, ...inputs.map(view));
  return output;
}
