import * as tf from '@tensorflow/tfjs-core';

import { batchNormalizationGradient } from './batch-normalization.ts';
import { dilatedConvolution, fusedConvolution } from './convolution.ts';
import { depthToSpaceGradient } from './depth-to-space.ts';
import { extremumGradient } from './extremum.ts';
import { fusedMatrixProductGradient } from './fused-matrix-product.ts';
import { gatherGradient } from './gather.ts';
import { mirrorPadGradient } from './mirror-pad.ts';
import { resizeGradient } from './resize.ts';
import { squaredDifferenceGradient } from './squared-difference.ts';
import { stridedSliceGradient } from './strided-slice.ts';

/** A gradient that replaces the one that ships, or adds one, while a pass is differentiated. */
export interface GradientRepair {
  /** The operation. */
  readonly kernel: string;
  /** What is wrong with the gradient that ships. */
  readonly problem: string;
  /** Makes the replacement from the gradient that ships, if there is one. */
  readonly repair: (shipped: tf.GradConfig | undefined) => tf.GradConfig;
}

/** Every gradient that is repaired, with respect to what a pass can ask for: the parameters of layers are constants to it. */
export const GRADIENT_REPAIRS: readonly GradientRepair[] = [
  { kernel: 'Conv2D', problem: 'refuses dilation', repair: dilatedConvolution(false) },
  { kernel: 'DepthToSpace', problem: 'missing', repair: () => depthToSpaceGradient },
  { kernel: 'DepthwiseConv2dNative', problem: 'refuses dilation', repair: dilatedConvolution(true) },
  { kernel: 'FusedBatchNorm', problem: 'copies its statistics to the size of the input', repair: () => batchNormalizationGradient },
  { kernel: 'GatherV2', problem: 'needs a kernel that wasm lacks', repair: () => gatherGradient },
  { kernel: 'Max', problem: 'counts ties several times', repair: extremumGradient('Max') },
  { kernel: 'Min', problem: 'counts ties several times', repair: extremumGradient('Min') },
  { kernel: 'MirrorPad', problem: 'wrong: drops what was mirrored', repair: () => mirrorPadGradient },
  { kernel: 'ResizeBilinear', problem: 'wrong for half-pixel centres; wrong shape (cpu)', repair: resizeGradient('ResizeBilinear', tf.image.resizeBilinear) },
  { kernel: 'ResizeNearestNeighbor', problem: 'wrong beyond one square image (cpu), for half-pixel centres', repair: resizeGradient('ResizeNearestNeighbor', tf.image.resizeNearestNeighbor) },
  { kernel: 'SquaredDifference', problem: 'wrong shape where an operand is broadcast', repair: () => squaredDifferenceGradient },
  { kernel: 'StridedSlice', problem: 'missing', repair: () => stridedSliceGradient },
  { kernel: 'fusedConv2d__op', problem: 'computes the filter gradient unasked; refuses dilation', repair: fusedConvolution('fusedConv2d__op', false) },
  { kernel: 'fusedDepthwiseConv2d__op', problem: 'computes the filter gradient unasked; refuses dilation', repair: fusedConvolution('fusedDepthwiseConv2d__op', true) },
  { kernel: 'fusedMatMul__op', problem: 'computes the weight gradient unasked', repair: () => fusedMatrixProductGradient },
];

/**
 * Runs a synchronous pass with the repaired gradients in place. The registry is shared by the whole process, so they are taken out
 * again whatever happens.
 */
export function withGradientRepairs<Result>(pass: () => Result): Result {
  const shipped = GRADIENT_REPAIRS.map(({ kernel }) => tf.getGradient(kernel) as tf.GradConfig | undefined);
  GRADIENT_REPAIRS.forEach(({ kernel, repair }, i) => {
    if (shipped[i] !== undefined) tf.unregisterGradient(kernel);
    tf.registerGradient(repair(shipped[i]));
  });
  try {
    return pass();
  } finally {
    GRADIENT_REPAIRS.forEach(({ kernel }, i) => {
      tf.unregisterGradient(kernel);
      if (shipped[i] !== undefined) tf.registerGradient(shipped[i]);
    });
  }
}
