import type { ShapeRule } from './context.ts';
import { arithmetic, cast, castLike, dropout, identity, predicate, sameAsFirst, unary, where } from './elementwise.ts';
import { einsum, gemm, matMul } from './products.ts';
import { depthToSpace, flatten, reshape, spaceToDepth, squeeze, transpose, unsqueeze } from './rearrangements.ts';
import { argExtremum, reduce } from './reductions.ts';
import { concat, expand, gather, likeIndices, pad, resize, slice, split, tile } from './selections.ts';
import { constant, constantOfShape, range, shapeOf, sizeOfTensor } from './sources.ts';
import { conv, convTranspose, globalPool, pool } from './windows.ts';

/** Operators whose first output looks like their first input. */
const SAME = [
  'BatchNormalization', 'Celu', 'Clip', 'Cos', 'CumSum', 'Elu', 'Erf', 'Exp', 'Gelu', 'GroupNormalization', 'HardSigmoid', 'HardSwish',
  'Hardmax', 'InstanceNormalization', 'LayerNormalization', 'LeakyRelu', 'Log', 'LogSoftmax', 'LpNormalization', 'LRN',
  'MeanVarianceNormalization', 'Mish', 'PRelu', 'RMSNormalization', 'Relu', 'Round', 'ScatterElements', 'ScatterND', 'Selu', 'Shrink',
  'Sigmoid', 'Sign', 'Sin', 'Softmax', 'Softplus', 'Softsign', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Trilu',
];

const REDUCTIONS = [
  'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum',
  'ReduceSumSquare',
];

/** How each operator of the standard set shapes its outputs. An operator that is not here has outputs of unknown shape. */
export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map<string, ShapeRule>([
  ...SAME.map((operator): [string, ShapeRule] => [operator, sameAsFirst]),
  ...REDUCTIONS.map((operator): [string, ShapeRule] => [operator, reduce]),
  ...Object.entries(arithmetic),
  ...Object.entries(unary),
  ['ArgMax', argExtremum], ['ArgMin', argExtremum], ['AveragePool', pool], ['Cast', cast], ['CastLike', castLike], ['Concat', concat],
  ['Constant', constant], ['ConstantOfShape', constantOfShape], ['Conv', conv], ['ConvTranspose', convTranspose],
  ['DepthToSpace', depthToSpace], ['Dropout', dropout], ['Einsum', einsum], ['Expand', expand], ['Flatten', flatten], ['Gather', gather],
  ['GatherElements', likeIndices], ['Gemm', gemm], ['GlobalAveragePool', globalPool], ['GlobalLpPool', globalPool],
  ['GlobalMaxPool', globalPool], ['Identity', identity], ['IsInf', predicate], ['IsNaN', predicate], ['LpPool', pool],
  ['MatMul', matMul], ['MaxPool', pool], ['Pad', pad], ['Range', range], ['Reshape', reshape], ['Resize', resize], ['Shape', shapeOf],
  ['Size', sizeOfTensor], ['Slice', slice], ['SpaceToDepth', spaceToDepth], ['Split', split], ['Squeeze', squeeze], ['Tile', tile],
  ['Transpose', transpose], ['Unsqueeze', unsqueeze], ['Upsample', resize], ['Where', where],
]);
