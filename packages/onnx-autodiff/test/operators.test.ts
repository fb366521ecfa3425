import { expect, test } from '@jest/globals';
import { ElementType, int64Tensor, intAttribute, makeModel, makeNode, makeTensor, makeValueInfo, type NodeProto, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { differentiate, flat, RULES } from '../src/index.ts';
import { REFUSALS } from '../src/rules/refusals.ts';

/** Every operator of the standard domain from operator set 7 to 26, by the changelog of ONNX. */
const STANDARD = `
Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot
BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape Conv
ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp
Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM
LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean
MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike
RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu SequenceAt
SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub Sum Swish Tan Tanh
TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor`.trim().split(/\s+/);

test('the table names every operator of the standard domain, once', () => {
  const named = RULES.map(({ operator }) => operator);
  expect(new Set(named).size).toBe(named.length);
  expect(STANDARD.filter((operator) => !named.includes(operator))).toEqual([]);
  // What is named beyond them belongs to optimisers.
  expect(named.filter((operator) => !STANDARD.includes(operator) && !operator.startsWith('com.microsoft.'))).toEqual(['SimplifiedLayerNormalization']);
});

const { FLOAT } = ElementType;

function model(nodes: readonly NodeProto[], initializers: readonly TensorProto[] = [], opset = 21): OnnxModel {
  return makeModel({
    name: 'refusing.onnx', opset, producer: 'test', nodes, initializers, inputs: [makeValueInfo('x', { elementType: FLOAT, shape: [2, 3] })],
    outputs: [makeValueInfo('y', { elementType: FLOAT, shape: [2, 3] })],
  });
}

test.each(REFUSALS.map((entry) => [entry.operator, entry] as const))('%s is refused with its reason', (operator, { notes, opsets: [, newest] }) => {
  const refusing = model([makeNode(operator, ['x'], ['h']), makeNode('Cast', ['h'], ['y'], [intAttribute('to', FLOAT)])], [], newest);
  const reason = `${notes.charAt(0).toLowerCase()}${notes.slice(1)}`;
  let refusal: unknown;
  try {
    differentiate(refusing, { of: 'y', at: ['x'] });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'GRADIENT_UNDEFINED' });
  expect(String(refusal)).toContain(`\`${operator}\``);
  expect(String(refusal)).toContain(reason);
});

test('a branch through integers ends in an error, not in a missing part of the gradient', () => {
  const stored = [makeTensor('scale', FLOAT, [], [0.1])];
  const nodes = [makeNode('QuantizeLinear', ['x', 'scale'], ['q']), makeNode('DequantizeLinear', ['q', 'scale'], ['d']), makeNode('Add', ['x', 'd'], ['y'])];
  expect(() => differentiate(model(nodes, stored), { of: 'y', at: ['x'] })).toThrow('Cannot differentiate `DequantizeLinear`');
});

test('what is known before the model runs depends on nothing', () => {
  const nodes = [makeNode('CastLike', ['one', 'x'], ['cast']), makeNode('Expand', ['cast', 'lengths'], ['w']), makeNode('Mul', ['x', 'w'], ['y'])];
  const stored = [makeTensor('one', FLOAT, [], [1]), int64Tensor('lengths', [3])];
  const { model: extended } = differentiate(model(nodes, stored), { of: 'y', at: ['x'] });
  expect(extended.graph.node.slice(nodes.length).map(({ opType }) => opType)).toEqual(['Mul']);
});

test('flat operators stop a gradient without an error', () => {
  const nodes = [makeNode('Floor', ['x'], ['f']), makeNode('Sub', ['x', 'f'], ['y'])];
  expect(RULES.filter(({ rule }) => rule === flat).length).toBeGreaterThan(40);
  expect(differentiate(model(nodes), { of: 'y', at: ['x'] }).model.graph.node).toHaveLength(3);
});
