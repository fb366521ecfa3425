import * as tf from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Whether a backend is that of WebAssembly. */
export const isWasm = (backend: object): backend is BackendWasm => 'typedArrayFromHeap' in backend;

/** Whether a backend keeps its tensors in memory that JavaScript reaches without copying: those of WebAssembly and JavaScript do. */
export function isHostBackend(backend: object): backend is MathBackendCPU | BackendWasm {
  return isWasm(backend) || 'makeTensorInfo' in backend;
}

type Compute = (result: Float32Array, ...values: Float32Array[]) => void;

/**
 * Makes float32 data by a loop over the values of tensors. `compute` gets the new values (zeros) and those of the inputs; it must not keep
 * them. The engine does not count the data as a tensor: who asked for it frees it by `disposeData`.
 */
export function computeUntracked(
  backend: tf.KernelBackend,
  shape: readonly number[],
  inputs: readonly tf.TensorInfo[],
  compute: Compute,
): tf.TensorInfo {
  if (!isWasm(backend)) {
    const result = new Float32Array(shape.reduce((product, length) => product * length, 1));
    compute(result, ...inputs.map((input) => backend.readSync(input.dataId) as Float32Array));
    return { dataId: backend.write(result, [...shape], 'float32'), shape: [...shape], dtype: 'float32' };
  }
  // The output comes first: allocating may grow the heap, which invalidates earlier views of it.
  const output = backend.makeOutput([...shape], 'float32');
  const view = (info: tf.TensorInfo): Float32Array => backend.typedArrayFromHeap(info) as Float32Array;
  const result = view(output);
  result.fill(0);
  compute(result, ...inputs.map(view));
  return output;
}

/** Makes a float32 tensor by such a loop. Engines with memory of their own copy the values out and back. */
export function computeOnHost(backend: object, shape: readonly number[], inputs: readonly tf.TensorInfo[], compute: Compute): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(computeUntracked(backend as tf.KernelBackend, shape, inputs, compute));
}
