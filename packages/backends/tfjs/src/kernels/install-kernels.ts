import * as tf from '@tensorflow/tfjs-core';

import { batchNormalization } from './batch-normalization.ts';
import { conv2dFilterGradient } from './conv2d-filter-gradient.ts';
import { conv2dInputGradient } from './conv2d-input-gradient.ts';
import { conv3dInputGradient } from './conv3d-input-gradient.ts';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients.ts';
import { einsum } from './einsum.ts';
import { remembering } from './fused-attributes.ts';
import { gather } from './gather.ts';
import { matrixProduct } from './matrix-product.ts';
import { maxPool3d } from './max-pool-3d.ts';
import { maxPoolGradientBands } from './max-pool-gradient-bands.ts';
import { oneHot } from './one-hot.ts';
import { averagePoolGradient, maxPoolGradient } from './pool-gradients.ts';
import { refused } from './refused.ts';
import { repeatedStacks } from './repeated-stacks.ts';
import { reshape } from './reshape.ts';
import { running } from './running.ts';
import { sharedIdentity } from './shared-identity.ts';
import { slice } from './slice.ts';
import { stridedSlice } from './strided-slice.ts';
import { tensorScatterUpdate } from './tensor-scatter-update.ts';

interface KernelRepair {
  readonly kernel: string;
  readonly backends: readonly string[];
  /** What is wrong with the kernel that ships, where one does. */
  readonly problem: string;
  /** Makes the new kernel; `shipped` is absent where the engine has none. */
  readonly repair: (shipped: tf.KernelFunc | undefined) => tf.KernelFunc;
}

const HOST: readonly string[] = ['wasm', 'cpu'];
const ALL: readonly string[] = [...HOST, 'tensorflow'];

/** Channels first is rare and runs on the JavaScript engine alone: there the kernel that ships keeps it. */
const channelsLast = (replacement: tf.KernelFunc) => (shipped: tf.KernelFunc | undefined): tf.KernelFunc => (call) =>
  call.attrs?.['dataFormat'] === 'NCHW' && shipped !== undefined ? shipped(call) : replacement(call);

/**
 * Every kernel that is replaced or added when an engine opens. All compute what their names say, only right or faster. Of two lines for one kernel, the
 * later goes around the earlier.
 */
export const KERNEL_REPAIRS: readonly KernelRepair[] = [
  { kernel: 'AvgPool3DGrad', backends: HOST, problem: 'wrong at borders under padding', repair: () => averagePoolGradient },
  { kernel: 'AvgPoolGrad', backends: HOST, problem: 'wrong at borders under padding', repair: () => averagePoolGradient },
  { kernel: 'BatchMatMul', backends: HOST, problem: 'wrong where both stacks are repeated', repair: repeatedStacks },
  { kernel: 'BatchMatMul', backends: ['wasm'], problem: 'slow for several products, and for transposed ones', repair: matrixProduct },
  { kernel: 'Conv2DBackpropFilter', backends: HOST, problem: 'missing (wasm), slow (cpu)', repair: channelsLast(conv2dFilterGradient) },
  { kernel: 'Conv2DBackpropInput', backends: ALL, problem: 'slow', repair: conv2dInputGradient },
  { kernel: 'Conv3DBackpropInputV2', backends: HOST, problem: 'wrong (wasm), slow (cpu)', repair: () => conv3dInputGradient },
  { kernel: 'Cumprod', backends: HOST, problem: 'wrong for axes counted from the end', repair: running },
  { kernel: 'Cumsum', backends: HOST, problem: 'wrong for axes counted from the end', repair: running },
  { kernel: 'DepthwiseConv2dNativeBackpropFilter', backends: HOST, problem: 'missing (wasm), slow (cpu)', repair: () => depthwiseFilterGradient },
  { kernel: 'DepthwiseConv2dNativeBackpropInput', backends: HOST, problem: 'missing (wasm), slow (cpu)', repair: () => depthwiseInputGradient },
  { kernel: 'Dilation2D', backends: ['wasm'], problem: 'wrong', repair: refused('Dilation2D') },
  { kernel: 'Einsum', backends: HOST, problem: 'missing (wasm), slow (cpu)', repair: () => einsum },
  { kernel: 'FusedBatchNorm', backends: ALL, problem: 'slow (wasm, tensorflow), no gradient without scale', repair: (shipped) => remembering(batchNormalization(shipped)) },
  { kernel: 'FusedConv2D', backends: ALL, problem: 'its gradient cannot know its attributes', repair: remembering },
  { kernel: 'FusedDepthwiseConv2D', backends: ALL, problem: 'its gradient cannot know its attributes', repair: remembering },
  { kernel: 'GatherV2', backends: ALL, problem: 'wrong for batches (wasm), for axes counted from the end (tensorflow)', repair: gather },
  { kernel: 'Identity', backends: ['wasm'], problem: 'copies whatever the tape keeps', repair: () => sharedIdentity },
  { kernel: 'MaxPool3D', backends: ['wasm'], problem: 'zero for windows <= 0', repair: () => maxPool3d },
  { kernel: 'MaxPool3DGrad', backends: ALL, problem: 'last maximum, none in windows <= 0 (wasm); every maximum (tensorflow)', repair: () => maxPoolGradient },
  { kernel: 'MaxPoolGrad', backends: HOST, problem: 'last maximum, none in windows <= 0 (wasm); slow (cpu)', repair: () => maxPoolGradient },
  { kernel: 'MaxPoolGrad', backends: ['tensorflow'], problem: 'one thread for a single image', repair: maxPoolGradientBands },
  { kernel: 'MaxPoolWithArgmax', backends: ['wasm'], problem: 'wrong', repair: refused('MaxPoolWithArgmax') },
  { kernel: 'OneHot', backends: ['wasm'], problem: 'wrong in numbers with a fraction', repair: oneHot },
  { kernel: 'Reshape', backends: ['tensorflow'], problem: 'slow where nothing changes', repair: reshape },
  { kernel: 'Slice', backends: ['wasm'], problem: 'slow for images', repair: slice },
  { kernel: 'StridedSlice', backends: HOST, problem: 'wrong backwards, where axes come or go, and for whole numbers (wasm)', repair: stridedSlice },
  { kernel: 'TensorScatterUpdate', backends: ['cpu'], problem: 'writes into its input', repair: tensorScatterUpdate },
  { kernel: '_FusedMatMul', backends: ALL, problem: 'its gradient cannot know its attributes', repair: remembering },
];

/** Replaces the kernels of one backend. To be called once per process and backend, when the backend has been loaded. */
export function installKernels(backend: string): void {
  for (const { kernel, backends, repair } of KERNEL_REPAIRS) {
    if (!backends.includes(backend)) continue;
    const shipped = tf.getKernel(kernel, backend);
    if (shipped !== undefined) tf.unregisterKernel(kernel, backend);
    tf.registerKernel({ ...shipped, kernelName: kernel, backendName: backend, kernelFunc: repair(shipped?.kernelFunc) });
  }
}
