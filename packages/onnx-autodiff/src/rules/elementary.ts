import { flat, type RuleEntry } from '../engine/gradient-rule.ts';
import {
  celu, clip, elu, erf, gelu, hardSigmoid, hardSwish, leakyRelu, logSoftmax, mish, prelu, relu, selu, shrink, sigmoid, softmax, softplus, softsign, swish,
  tanh, thresholdedRelu,
} from './activations.ts';
import {
  absolute, add, divide, exponential, logarithm, modulo, multiply, negate, power, reciprocal, squareRoot, subtract, where,
} from './arithmetic.ts';
import { affineGrid } from './affine-grid.ts';
import { blocksToImage } from './blocks-to-image.ts';
import { conv } from './convolution.ts';
import { determinant } from './determinant.ts';
import { einsum } from './einsum.ts';
import { extremum, mean } from './extrema.ts';
import { globalLpPool, lpPool } from './lp-pooling.ts';
import { maxPool } from './max-pooling.ts';
import {
  batchNormalization, groupNormalization, instanceNormalization, layerNormalization, localResponseNormalization, lpNormalization, meanVarianceNormalization,
  rmsNormalization,
} from './normalizations.ts';
import { centreCropPad, depthToSpace, pad, spaceToDepth, tile } from './padding.ts';
import { averagePool, globalAveragePool, globalMaxPool } from './pooling.ts';
import { gemm, matMul } from './products.ts';
import { cast, concat, dropout, expand, identity, reshape, split, transpose } from './rearrangements.ts';
import {
  reduceExtremum, reduceL1, reduceL2, reduceLogSum, reduceLogSumExp, reduceMean, reduceProduct, reduceSum, reduceSumSquare,
} from './reductions.ts';
import { roiAlign } from './region-pooling.ts';
import { resize } from './resizing.ts';
import { compress, cumulativeSum, maxUnpool, reverseSequence, scatterElements, scatterND, topK, triangle } from './scatters.ts';
import { gather, gatherElements, gatherND, slice } from './selections.ts';
import { convTranspose } from './transposed-convolution.ts';
import {
  arcCosine, arcSine, arcTangent, areaCosine, areaSine, areaTangent, cosine, hyperbolicCosine, hyperbolicSine, sine, tangent,
} from './trigonometry.ts';

/** The newest operator set that the rules were read against. */
export const NEWEST = 26;
/** The oldest operator set whose broadcasting is NumPy's. */
export const OLDEST = 7;

const FLAT_NOTES = 'Constant almost everywhere, or no number at all.';

/** Operators through which no gradient flows, with the operator set that brought them. */
const FLAT: Readonly<Record<string, number>> = {
  And: OLDEST, ArgMax: OLDEST, ArgMin: OLDEST, BitCast: 26, BitShift: 11, BitwiseAnd: 18, BitwiseNot: 18, BitwiseOr: 18, BitwiseXor: 18,
  BlackmanWindow: 17, Ceil: OLDEST, Constant: OLDEST, ConstantOfShape: 9, Equal: OLDEST, EyeLike: 9, Floor: OLDEST, Greater: OLDEST,
  GreaterOrEqual: 12, HammingWindow: 17, HannWindow: 17, Hardmax: OLDEST, IsInf: 10, IsNaN: 9, Less: OLDEST, LessOrEqual: 12, MelWeightMatrix: 17,
  Multinomial: OLDEST, NonMaxSuppression: 10, NonZero: 9, Not: OLDEST, OneHot: 9, OptionalHasElement: 15, Or: OLDEST, RandomNormal: OLDEST,
  RandomNormalLike: OLDEST, RandomUniform: OLDEST, RandomUniformLike: OLDEST, Range: 11, RegexFullMatch: 20, Round: 11, SequenceLength: 11,
  Shape: OLDEST, Sign: 9, Size: OLDEST, StringConcat: 20, StringSplit: 20, Xor: OLDEST,
};

const RULED: readonly RuleEntry[] = [
  { operator: 'Abs', opsets: [OLDEST, NEWEST], rule: absolute, notes: '0 at 0.' },
  { operator: 'Acos', opsets: [OLDEST, NEWEST], rule: arcCosine, notes: '' },
  { operator: 'Acosh', opsets: [9, NEWEST], rule: areaCosine, notes: '' },
  { operator: 'Add', opsets: [OLDEST, NEWEST], rule: add, broadcasts: true, notes: '' },
  { operator: 'AffineGrid', opsets: [20, NEWEST], rule: affineGrid, notes: '' },
  { operator: 'Asin', opsets: [OLDEST, NEWEST], rule: arcSine, notes: '' },
  { operator: 'Asinh', opsets: [9, NEWEST], rule: areaSine, notes: '' },
  { operator: 'Atan', opsets: [OLDEST, NEWEST], rule: arcTangent, notes: '' },
  { operator: 'Atanh', opsets: [9, NEWEST], rule: areaTangent, notes: '' },
  { operator: 'AveragePool', opsets: [OLDEST, NEWEST], rule: averagePool, notes: '' },
  { operator: 'BatchNormalization', opsets: [OLDEST, NEWEST], rule: batchNormalization, notes: 'Inference alone.' },
  { operator: 'Cast', opsets: [OLDEST, NEWEST], rule: cast, notes: 'Between floating-point types.' },
  { operator: 'CastLike', opsets: [15, NEWEST], rule: cast, notes: 'Between floating-point types.' },
  { operator: 'Celu', opsets: [12, NEWEST], rule: celu, notes: '' },
  { operator: 'CenterCropPad', opsets: [18, NEWEST], rule: centreCropPad, notes: 'Lengths have to be known.' },
  { operator: 'Clip', opsets: [OLDEST, NEWEST], rule: clip, notes: 'Passes at the bounds themselves; from 0 and right behind weights it is a ReLU6, with 0 at both.' },
  { operator: 'Col2Im', opsets: [18, NEWEST], rule: blocksToImage, notes: '' },
  { operator: 'Compress', opsets: [9, NEWEST], rule: compress, notes: '' },
  { operator: 'Concat', opsets: [OLDEST, NEWEST], rule: concat, notes: '' },
  { operator: 'Conv', opsets: [OLDEST, NEWEST], rule: conv, notes: '1, 2 or 3 spatial axes. Weights may depend on the input.' },
  { operator: 'ConvTranspose', opsets: [OLDEST, NEWEST], rule: convTranspose, notes: '1, 2 or 3 spatial axes. Weights may depend on the input.' },
  { operator: 'Cos', opsets: [OLDEST, NEWEST], rule: cosine, notes: '' },
  { operator: 'Cosh', opsets: [9, NEWEST], rule: hyperbolicCosine, notes: '' },
  { operator: 'CumSum', opsets: [11, NEWEST], rule: cumulativeSum, notes: '' },
  { operator: 'DepthToSpace', opsets: [OLDEST, NEWEST], rule: depthToSpace, notes: '' },
  { operator: 'Det', opsets: [11, NEWEST], rule: determinant, notes: 'By cofactors: up to 16 rows, also of singular matrices.' },
  { operator: 'Div', opsets: [OLDEST, NEWEST], rule: divide, broadcasts: true, notes: '' },
  { operator: 'Dropout', opsets: [OLDEST, NEWEST], rule: dropout, notes: 'Inference alone: passes its input on.' },
  { operator: 'Einsum', opsets: [12, NEWEST], rule: einsum, notes: '' },
  { operator: 'Elu', opsets: [OLDEST, NEWEST], rule: elu, notes: '' },
  { operator: 'Erf', opsets: [9, NEWEST], rule: erf, notes: '' },
  { operator: 'Exp', opsets: [OLDEST, NEWEST], rule: exponential, notes: '' },
  { operator: 'Expand', opsets: [8, NEWEST], rule: expand, notes: '' },
  { operator: 'Flatten', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Gather', opsets: [OLDEST, NEWEST], rule: gather, notes: '' },
  { operator: 'GatherElements', opsets: [11, NEWEST], rule: gatherElements, notes: '' },
  { operator: 'GatherND', opsets: [11, NEWEST], rule: gatherND, notes: '' },
  { operator: 'Gelu', opsets: [20, NEWEST], rule: gelu, notes: '' },
  { operator: 'Gemm', opsets: [OLDEST, NEWEST], rule: gemm, notes: '' },
  { operator: 'GlobalAveragePool', opsets: [OLDEST, NEWEST], rule: globalAveragePool, notes: '' },
  { operator: 'GlobalLpPool', opsets: [OLDEST, NEWEST], rule: globalLpPool, notes: '0 where the norm is 0.' },
  { operator: 'GlobalMaxPool', opsets: [OLDEST, NEWEST], rule: globalMaxPool, notes: 'The first maximum takes all.' },
  { operator: 'GroupNormalization', opsets: [18, NEWEST], rule: groupNormalization, notes: '' },
  { operator: 'HardSigmoid', opsets: [OLDEST, NEWEST], rule: hardSigmoid, notes: '0 at both ends of the ramp.' },
  { operator: 'HardSwish', opsets: [14, NEWEST], rule: hardSwish, notes: '0 at -3, 1 at 3.' },
  { operator: 'Identity', opsets: [OLDEST, NEWEST], rule: identity, notes: '' },
  { operator: 'InstanceNormalization', opsets: [OLDEST, NEWEST], rule: instanceNormalization, notes: '' },
  { operator: 'LRN', opsets: [OLDEST, NEWEST], rule: localResponseNormalization, notes: '' },
  { operator: 'LayerNormalization', opsets: [OLDEST, NEWEST], rule: layerNormalization, notes: 'The first output. Before 17 as optimisers write it.' },
  { operator: 'LeakyRelu', opsets: [OLDEST, NEWEST], rule: leakyRelu, notes: 'The slope at 0.' },
  { operator: 'Log', opsets: [OLDEST, NEWEST], rule: logarithm, notes: '' },
  { operator: 'LogSoftmax', opsets: [OLDEST, NEWEST], rule: logSoftmax, notes: 'Over all axes from `axis` on before opset 13.' },
  { operator: 'LpNormalization', opsets: [OLDEST, NEWEST], rule: lpNormalization, notes: '0 where the norm is 0.' },
  { operator: 'LpPool', opsets: [OLDEST, NEWEST], rule: lpPool, notes: '0 where the norm is 0.' },
  { operator: 'MatMul', opsets: [OLDEST, NEWEST], rule: matMul, notes: '' },
  { operator: 'Max', opsets: [OLDEST, NEWEST], rule: extremum, broadcasts: true, notes: 'Operands that are equal get equal shares.' },
  { operator: 'MaxPool', opsets: [OLDEST, NEWEST], rule: maxPool, notes: 'The first maximum in row-major order takes all. Free spatial lengths from operator set 10.' },
  { operator: 'MaxUnpool', opsets: [9, NEWEST], rule: maxUnpool, notes: '' },
  { operator: 'Mean', opsets: [OLDEST, NEWEST], rule: mean, broadcasts: true, notes: '' },
  { operator: 'MeanVarianceNormalization', opsets: [9, NEWEST], rule: meanVarianceNormalization, notes: '' },
  { operator: 'Min', opsets: [OLDEST, NEWEST], rule: extremum, broadcasts: true, notes: 'Operands that are equal get equal shares.' },
  { operator: 'Mish', opsets: [18, NEWEST], rule: mish, notes: '' },
  { operator: 'Mod', opsets: [10, NEWEST], rule: modulo, broadcasts: true, notes: 'The quotient counts as constant.' },
  { operator: 'Mul', opsets: [OLDEST, NEWEST], rule: multiply, broadcasts: true, notes: '' },
  { operator: 'Neg', opsets: [OLDEST, NEWEST], rule: negate, notes: '' },
  { operator: 'PRelu', opsets: [OLDEST, NEWEST], rule: prelu, notes: 'The slope at 0.' },
  { operator: 'Pad', opsets: [OLDEST, NEWEST], rule: pad, notes: 'Every mode. The constant may not depend on the input.' },
  { operator: 'Pow', opsets: [OLDEST, NEWEST], rule: power, broadcasts: true, notes: 'Also to the exponent, with 0 where the base is 0.' },
  { operator: 'RMSNormalization', opsets: [23, NEWEST], rule: rmsNormalization, notes: '' },
  { operator: 'Reciprocal', opsets: [OLDEST, NEWEST], rule: reciprocal, notes: '' },
  { operator: 'ReduceL1', opsets: [OLDEST, NEWEST], rule: reduceL1, notes: '0 at 0.' },
  { operator: 'ReduceL2', opsets: [OLDEST, NEWEST], rule: reduceL2, notes: '0 where the norm is 0.' },
  { operator: 'ReduceLogSum', opsets: [OLDEST, NEWEST], rule: reduceLogSum, notes: '' },
  { operator: 'ReduceLogSumExp', opsets: [OLDEST, NEWEST], rule: reduceLogSumExp, notes: '' },
  { operator: 'ReduceMax', opsets: [OLDEST, NEWEST], rule: reduceExtremum, notes: 'Equal extrema get equal shares.' },
  { operator: 'ReduceMean', opsets: [OLDEST, NEWEST], rule: reduceMean, notes: '' },
  { operator: 'ReduceMin', opsets: [OLDEST, NEWEST], rule: reduceExtremum, notes: 'Equal extrema get equal shares.' },
  { operator: 'ReduceProd', opsets: [OLDEST, NEWEST], rule: reduceProduct, notes: 'Exact where factors are 0.' },
  { operator: 'ReduceSum', opsets: [OLDEST, NEWEST], rule: reduceSum, notes: '' },
  { operator: 'ReduceSumSquare', opsets: [OLDEST, NEWEST], rule: reduceSumSquare, notes: '' },
  { operator: 'Relu', opsets: [OLDEST, NEWEST], rule: relu, notes: '0 at 0.' },
  { operator: 'Reshape', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Resize', opsets: [10, NEWEST], rule: resize, notes: 'Every mode. A kept aspect ratio for spatial axes alone.' },
  { operator: 'ReverseSequence', opsets: [10, NEWEST], rule: reverseSequence, notes: '' },
  { operator: 'Scatter', opsets: [9, 10], rule: scatterElements, notes: 'To the updates where shapes are known.' },
  { operator: 'RoiAlign', opsets: [10, NEWEST], rule: roiAlign, notes: 'To the images, as in torchvision: the regions count as constant. The mode `avg`.' },
  { operator: 'ScatterElements', opsets: [11, NEWEST], rule: scatterElements, notes: 'Reductions `none` and `add`.' },
  { operator: 'ScatterND', opsets: [11, NEWEST], rule: scatterND, notes: 'Reductions `none` and `add`.' },
  { operator: 'Selu', opsets: [OLDEST, NEWEST], rule: selu, notes: '' },
  { operator: 'Shrink', opsets: [9, NEWEST], rule: shrink, notes: '0 at the bounds.' },
  { operator: 'Sigmoid', opsets: [OLDEST, NEWEST], rule: sigmoid, notes: '' },
  { operator: 'Sin', opsets: [OLDEST, NEWEST], rule: sine, notes: '' },
  { operator: 'Sinh', opsets: [9, NEWEST], rule: hyperbolicSine, notes: '' },
  { operator: 'Slice', opsets: [OLDEST, NEWEST], rule: slice, notes: '' },
  { operator: 'Softmax', opsets: [OLDEST, NEWEST], rule: softmax, notes: 'Over all axes from `axis` on before opset 13.' },
  { operator: 'Softplus', opsets: [OLDEST, NEWEST], rule: softplus, notes: '' },
  { operator: 'Softsign', opsets: [OLDEST, NEWEST], rule: softsign, notes: '' },
  { operator: 'SpaceToDepth', opsets: [OLDEST, NEWEST], rule: spaceToDepth, notes: '' },
  { operator: 'Split', opsets: [OLDEST, NEWEST], rule: split, notes: '', anyOutput: true },
  { operator: 'Sqrt', opsets: [OLDEST, NEWEST], rule: squareRoot, notes: '' },
  { operator: 'Squeeze', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Sub', opsets: [OLDEST, NEWEST], rule: subtract, broadcasts: true, notes: '' },
  { operator: 'Sum', opsets: [OLDEST, NEWEST], rule: add, broadcasts: true, notes: '' },
  { operator: 'Swish', opsets: [24, NEWEST], rule: swish, notes: '' },
  { operator: 'Tan', opsets: [OLDEST, NEWEST], rule: tangent, notes: '' },
  { operator: 'Tanh', opsets: [OLDEST, NEWEST], rule: tanh, notes: '' },
  { operator: 'ThresholdedRelu', opsets: [10, NEWEST], rule: thresholdedRelu, notes: '0 at the threshold.' },
  { operator: 'Tile', opsets: [OLDEST, NEWEST], rule: tile, notes: '' },
  { operator: 'TopK', opsets: [OLDEST, NEWEST], rule: topK, notes: 'The second output has to be named.' },
  { operator: 'Transpose', opsets: [OLDEST, NEWEST], rule: transpose, notes: '' },
  { operator: 'Trilu', opsets: [14, NEWEST], rule: triangle, notes: '' },
  { operator: 'Unsqueeze', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Upsample', opsets: [OLDEST, 9], rule: resize, notes: '' },
  { operator: 'Where', opsets: [9, NEWEST], rule: where, broadcasts: true, notes: '' },
];

/** Operators that are differentiated by themselves, and those that stop gradients. */
export const ELEMENTARY: readonly RuleEntry[] = [
  ...RULED,
  ...Object.entries(FLAT).map(([operator, from]): RuleEntry => ({ operator, opsets: [from, NEWEST], rule: flat, notes: FLAT_NOTES })),
];
