import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { attention, fusedMatMul, multiHeadAttention, packedAttention } from './attention.ts';
import type { ShapeRule } from './context.ts';
import { arithmetic, cast, castLike, dropout, eyeLike, identity, predicate, sameAsFirst, skipNormalization, unary, where } from './elementwise.ts';
import { centreCropPad, compress, gatherND, topK } from './picks.ts';
import { einsum, gemm, matMul } from './products.ts';
import { broadcastOperands, dequantizeLinear, dynamicQuantizeLinear, integerSums, quantized, quantizedConcat, quantizeLinear } from './quantization.ts';
import { depthToSpace, flatten, reshape, spaceToDepth, squeeze, transpose, unsqueeze } from './rearrangements.ts';
import { recurrent } from './recurrent.ts';
import { argExtremum, reduce } from './reductions.ts';
import { affineGrid, determinant, gridSample, roiAlign } from './sampling.ts';
import { concat, expand, gather, likeIndices, pad, resize, slice, split, tile } from './selections.ts';
import { blocksToImage, fourierTransform, shortTimeFourierTransform } from './signals.ts';
import { constant, constantOfShape, range, shapeOf, sizeOfTensor } from './sources.ts';
import { conv, convTranspose, globalPool, pool } from './windows.ts';

/** Operators whose first output looks like their first input. */
const SAME = [
  'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BatchNormalization', 'Bernoulli', 'Celu', 'Clip', 'Cos', 'Cosh', 'CumProd', 'CumSum', 'Elu',
  'Erf', 'Exp', 'Gelu', 'GroupNormalization', 'HardSigmoid', 'HardSwish', 'Hardmax', 'InstanceNormalization', 'LRN', 'LayerNormalization',
  'LeakyRelu', 'Log', 'LogSoftmax', 'LpNormalization', 'MeanVarianceNormalization', 'Mish', 'PRelu', 'RMSNormalization', 'Relu', 'ReverseSequence', 'RotaryEmbedding',
  'Round', 'Scatter', 'ScatterElements', 'ScatterND', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'SimplifiedLayerNormalization', 'Sin', 'Sinh', 'Softmax',
  'Softplus', 'Softsign', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu', 'com.microsoft.BiasGelu', 'com.microsoft.FastGelu',
  'com.microsoft.Gelu', 'com.microsoft.QuickGelu',
];

const REDUCTIONS = [
  'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum',
  'ReduceSumSquare',
];

/** How each operator shapes its outputs; those of another than the standard domain under it. An operator that is not here has outputs of unknown shape. */
export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map<string, ShapeRule>([
  ...SAME.map((operator): [string, ShapeRule] => [operator, sameAsFirst]),
  ...REDUCTIONS.map((operator): [string, ShapeRule] => [operator, reduce]),
  ...Object.entries(arithmetic),
  ...Object.entries(unary),
  ['AffineGrid', affineGrid], ['Attention', attention], ['com.microsoft.Attention', packedAttention], ['com.microsoft.FusedConv', conv], ['com.microsoft.FusedGemm', gemm],
  ['com.microsoft.FusedMatMul', fusedMatMul], ['com.microsoft.MultiHeadAttention', multiHeadAttention],
  ['com.microsoft.SkipLayerNormalization', skipNormalization], ['com.microsoft.SkipSimplifiedLayerNormalization', skipNormalization],
  ['ArgMax', argExtremum], ['ArgMin', argExtremum], ['AveragePool', pool], ['Cast', cast], ['CastLike', castLike],
  ['CenterCropPad', centreCropPad], ['Col2Im', blocksToImage], ['Compress', compress], ['Concat', concat],
  ['Constant', constant], ['ConstantOfShape', constantOfShape], ['Conv', conv], ['ConvTranspose', convTranspose],
  ['GRU', recurrent], ['LSTM', recurrent], ['RNN', recurrent], ['DFT', fourierTransform], ['STFT', shortTimeFourierTransform], ['DepthToSpace', depthToSpace], ['DequantizeLinear', dequantizeLinear], ['Det', determinant], ['QuantizeLinear', quantizeLinear],
  ['com.microsoft.DequantizeLinear', dequantizeLinear], ['com.microsoft.QuantizeLinear', quantizeLinear],
  ['ConvInteger', integerSums(conv)], ['MatMulInteger', integerSums(matMul)], ['DynamicQuantizeLinear', dynamicQuantizeLinear],
  ['QLinearConv', quantized(conv, [0, 3], 7)], ['QLinearMatMul', quantized(matMul, [0, 3], 7)], ['com.microsoft.QGemm', quantized(gemm, [0, 3], 8, ElementType.FLOAT)],
  ['com.microsoft.QLinearAdd', quantized(broadcastOperands, [0, 3], 7)], ['com.microsoft.QLinearMul', quantized(broadcastOperands, [0, 3], 7)],
  ['com.microsoft.QLinearConcat', quantizedConcat], ['com.microsoft.QLinearAveragePool', quantized(pool, [0], 4)], ['com.microsoft.QLinearGlobalAveragePool', quantized(globalPool, [0], 4)],
  ...['com.microsoft.QLinearLeakyRelu', 'com.microsoft.QLinearSigmoid', 'com.microsoft.QLinearSoftmax'].map((operator): [string, ShapeRule] => [operator, quantized(sameAsFirst, [0], 4)]),
  ['Dropout', dropout], ['Einsum', einsum], ['EyeLike', eyeLike], ['Expand', expand], ['Flatten', flatten], ['Gather', gather],
  ['GatherElements', likeIndices], ['GatherND', gatherND], ['Gemm', gemm], ['GlobalAveragePool', globalPool], ['GlobalLpPool', globalPool],
  ['GlobalMaxPool', globalPool], ['GridSample', gridSample], ['Identity', identity], ['IsInf', predicate], ['IsNaN', predicate], ['LpPool', pool],
  ['MatMul', matMul], ['MaxPool', pool], ['Pad', pad], ['Range', range], ['Reshape', reshape], ['Resize', resize], ['RoiAlign', roiAlign], ['Shape', shapeOf],
  ['Size', sizeOfTensor], ['Slice', slice], ['SpaceToDepth', spaceToDepth], ['Split', split], ['Squeeze', squeeze], ['Tile', tile], ['TopK', topK],
  ['Transpose', transpose], ['Unsqueeze', unsqueeze], ['Upsample', resize], ['Where', where],
]);
