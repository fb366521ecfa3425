import * as tf from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

const isWasm = (backend: object): backend is BackendWasm => 'typedArrayFromHeap' in backend;

/** Whether a backend keeps its tensors in memory that JavaScript reaches without copying: those of WebAssembly and JavaScript do. */
export function isHostBackend(backend: object): backend is MathBackendCPU | BackendWasm {
  return isWasm(backend) || 'makeTensorInfo' in backend;
}

/**
 * Makes a float32 tensor by a loop over the values of others. `compute` gets the values of the new tensor (zeros) and of the inputs;
 * it must not keep them. Engines with memory of their own copy them out and back.
 */
export function computeOnHost(
  backend: object,
  shape: readonly number[],
  inputs: readonly tf.TensorInfo[],
  compute: (result: Float32Array, ...values: Float32Array[]) => void,
): tf.Tensor {
  if (!isWasm(backend)) {
    const result = new Float32Array(shape.reduce((product, length) => product * length, 1));
    compute(result, ...inputs.map((input) => (backend as MathBackendCPU).readSync(input.dataId) as Float32Array));
    return tf.tensor(result, [...shape], 'float32');
  }
  // The output comes first: allocating may grow the heap, which invalidates earlier views of it.
  const output = backend.makeOutput([...shape], 'float32');
  const view = (info: tf.TensorInfo): Float32Array => backend.typedArrayFromHeap(info) as Float32Array;
  const result = view(output);
  result.fill(0);
  compute(result, ...inputs.map(view));
  return tf.engine().makeTensorFromTensorInfo(output);
}
