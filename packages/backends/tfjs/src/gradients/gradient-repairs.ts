import * as tf from '@tensorflow/tfjs-core';

import { batchNormalizationGradient } from './batch-normalization.ts';
import { castGradient } from './cast.ts';
import { clipGradient } from './clip.ts';
import { convolution3dGradient, transposedConvolution3dGradient } from './convolution-3d.ts';
import { dilatedConvolution, fusedConvolution } from './convolution.ts';
import { cropAndResizeGradient } from './crop-and-resize.ts';
import { cumulativeSumGradient } from './cumulative-sum.ts';
import { depthToSpaceGradient } from './depth-to-space.ts';
import { einsumGradient } from './einsum.ts';
import { extremumGradient } from './extremum.ts';
import { gatherNdGradient } from './gather-nd.ts';
import { gatherGradient } from './gather.ts';
import { fusedMatrixProductGradient, matrixProductGradient } from './matrix-product.ts';
import { mirrorPadGradient } from './mirror-pad.ts';
import { pairwiseExtremumGradient } from './pairwise-extremum.ts';
import { splitGradient, unpackGradient } from './parts.ts';
import { productGradient } from './product.ts';
import { quotientGradient } from './quotient.ts';
import { rectifierGradient } from './rectifiers.ts';
import { resizeGradient } from './resize.ts';
import { scatterNdGradient } from './scatter-nd.ts';
import { squaredDifferenceGradient } from './squared-difference.ts';
import { stridedSliceGradient } from './strided-slice.ts';
import { sumGradient } from './sum.ts';
import { tensorScatterUpdateGradient } from './tensor-scatter-update.ts';
import { topKGradient } from './top-k.ts';

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
  { kernel: 'Add', problem: 'keeps what it does not need', repair: () => sumGradient },
  { kernel: 'BatchMatMul', problem: 'wrong shape where an operand is broadcast', repair: () => matrixProductGradient },
  { kernel: 'Cast', problem: 'wrong: passes casts to whole numbers', repair: () => castGradient },
  { kernel: 'ClipByValue', problem: 'slow', repair: () => clipGradient },
  { kernel: 'Conv2D', problem: 'refuses dilation', repair: dilatedConvolution(false) },
  { kernel: 'Conv3D', problem: 'refuses dilation', repair: convolution3dGradient },
  { kernel: 'Conv3DBackpropInputV2', problem: 'missing', repair: () => transposedConvolution3dGradient },
  { kernel: 'CropAndResize', problem: 'missing', repair: () => cropAndResizeGradient },
  { kernel: 'Cumsum', problem: 'transposed along any axis but the last', repair: () => cumulativeSumGradient },
  { kernel: 'DepthToSpace', problem: 'missing', repair: () => depthToSpaceGradient },
  { kernel: 'DepthwiseConv2dNative', problem: 'refuses dilation', repair: dilatedConvolution(true) },
  { kernel: 'Einsum', problem: 'missing', repair: () => einsumGradient },
  { kernel: 'FusedBatchNorm', problem: 'copies its statistics to the size of the input', repair: () => batchNormalizationGradient },
  { kernel: 'GatherNd', problem: 'missing', repair: () => gatherNdGradient },
  { kernel: 'GatherV2', problem: 'needs a kernel that wasm lacks; knows no batch dimensions', repair: () => gatherGradient },
  { kernel: 'Max', problem: 'counts ties several times', repair: extremumGradient('Max') },
  { kernel: 'Maximum', problem: 'wrong shape where an operand is broadcast', repair: pairwiseExtremumGradient('Maximum') },
  { kernel: 'Min', problem: 'counts ties several times', repair: extremumGradient('Min') },
  { kernel: 'Minimum', problem: 'wrong shape where an operand is broadcast', repair: pairwiseExtremumGradient('Minimum') },
  { kernel: 'MirrorPad', problem: 'wrong: drops what was mirrored', repair: () => mirrorPadGradient },
  { kernel: 'Prod', problem: 'calls methods that are not there', repair: () => productGradient },
  { kernel: 'RealDiv', problem: 'not a number behind `divNoNan`', repair: () => quotientGradient },
  { kernel: 'Relu', problem: 'slow', repair: rectifierGradient('Relu', Infinity) },
  { kernel: 'Relu6', problem: 'slow', repair: rectifierGradient('Relu6', 6) },
  { kernel: 'ResizeBilinear', problem: 'wrong for half-pixel centres; wrong shape (cpu)', repair: resizeGradient('ResizeBilinear', tf.image.resizeBilinear) },
  { kernel: 'ResizeNearestNeighbor', problem: 'wrong beyond one square image (cpu), for half-pixel centres', repair: resizeGradient('ResizeNearestNeighbor', tf.image.resizeNearestNeighbor) },
  { kernel: 'ScatterNd', problem: 'missing', repair: () => scatterNdGradient },
  { kernel: 'SplitV', problem: 'fails for one part', repair: () => splitGradient },
  { kernel: 'SquaredDifference', problem: 'wrong shape where an operand is broadcast', repair: () => squaredDifferenceGradient },
  { kernel: 'StridedSlice', problem: 'missing', repair: () => stridedSliceGradient },
  { kernel: 'TensorScatterUpdate', problem: 'missing', repair: () => tensorScatterUpdateGradient },
  { kernel: 'TopK', problem: 'missing', repair: () => topKGradient },
  { kernel: 'Unpack', problem: 'fails for one part', repair: () => unpackGradient },
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
