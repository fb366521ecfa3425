import { normalDomain, type NodeProto } from '@pellucid/onnx-graph';
import { flat, type RuleEntry } from '../engine/gradient-rule.ts';
import {
  batchNormalization, celu, clip, elu, erf, gelu, hardSigmoid, hardSwish, layerNormalization, leakyRelu, logSoftmax, mish, prelu, relu, selu, sigmoid, softmax,
  softplus, softsign, tanh,
} from './activations.ts';
import {
  absolute, add, divide, exponential, logarithm, multiply, negate, power, reciprocal, squareRoot, subtract, where,
} from './arithmetic.ts';
import { conv } from './convolution.ts';
import { maxPool } from './max-pooling.ts';
import { averagePool, globalAveragePool, globalMaxPool } from './pooling.ts';
import { gemm, matMul } from './products.ts';
import {
  cast, concat, dropout, expand, gather, identity, pad, reshape, slice, split, transpose,
} from './rearrangements.ts';
import { reduceMean, reduceSum } from './reductions.ts';

/** The newest operator set that the rules were read against. */
const NEWEST = 26;
/** The oldest operator set whose broadcasting is NumPy's. */
const OLDEST = 7;

const FLAT_NOTES = 'No gradient: constant almost everywhere, or integers.';

/** Every operator that gradients can pass, or that is known to stop them. Sorted by name; `docs/operators.md` is made from it. */
export const RULES: readonly RuleEntry[] = [
  { operator: 'Abs', opsets: [OLDEST, NEWEST], rule: absolute, notes: '0 at 0.' },
  { operator: 'Add', opsets: [OLDEST, NEWEST], rule: add, broadcasts: true, notes: '' },
  { operator: 'ArgMax', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'ArgMin', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'AveragePool', opsets: [OLDEST, NEWEST], rule: averagePool, notes: 'Spatial lengths have to be known.' },
  { operator: 'BatchNormalization', opsets: [OLDEST, NEWEST], rule: batchNormalization, notes: 'Inference alone.' },
  { operator: 'Cast', opsets: [OLDEST, NEWEST], rule: cast, notes: 'Between floating-point types.' },
  { operator: 'CastLike', opsets: [15, NEWEST], rule: cast, notes: 'Between floating-point types.' },
  { operator: 'Ceil', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Celu', opsets: [12, NEWEST], rule: celu, notes: '' },
  { operator: 'Clip', opsets: [OLDEST, NEWEST], rule: clip, notes: 'Passes at the bounds themselves.' },
  { operator: 'Concat', opsets: [OLDEST, NEWEST], rule: concat, notes: '' },
  { operator: 'Constant', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'ConstantOfShape', opsets: [9, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Conv', opsets: [OLDEST, NEWEST], rule: conv, notes: '1, 2 or 3 spatial axes. Weights may not depend on the input.' },
  { operator: 'Div', opsets: [OLDEST, NEWEST], rule: divide, broadcasts: true, notes: '' },
  { operator: 'Dropout', opsets: [OLDEST, NEWEST], rule: dropout, notes: 'Inference alone: passes its input on.' },
  { operator: 'Elu', opsets: [OLDEST, NEWEST], rule: elu, notes: '' },
  { operator: 'Equal', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Erf', opsets: [9, NEWEST], rule: erf, notes: '' },
  { operator: 'Exp', opsets: [OLDEST, NEWEST], rule: exponential, notes: '' },
  { operator: 'Expand', opsets: [8, NEWEST], rule: expand, notes: '' },
  { operator: 'Flatten', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Floor', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Gather', opsets: [OLDEST, NEWEST], rule: gather, notes: 'One index or a list, known before it runs.' },
  { operator: 'Gelu', opsets: [20, NEWEST], rule: gelu, notes: '' },
  { operator: 'Gemm', opsets: [OLDEST, NEWEST], rule: gemm, notes: '' },
  { operator: 'GlobalAveragePool', opsets: [OLDEST, NEWEST], rule: globalAveragePool, notes: 'Spatial lengths have to be known.' },
  { operator: 'GlobalMaxPool', opsets: [9, NEWEST], rule: globalMaxPool, notes: 'The first maximum takes all. Spatial lengths have to be known.' },
  { operator: 'Greater', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'GreaterOrEqual', opsets: [12, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'HardSigmoid', opsets: [OLDEST, NEWEST], rule: hardSigmoid, notes: '0 at both ends of the ramp.' },
  { operator: 'HardSwish', opsets: [14, NEWEST], rule: hardSwish, notes: '' },
  { operator: 'Identity', opsets: [OLDEST, NEWEST], rule: identity, notes: '' },
  { operator: 'LayerNormalization', opsets: [17, NEWEST], rule: layerNormalization, notes: 'The first output. Parameters may not depend on the input.' },
  { operator: 'LeakyRelu', opsets: [OLDEST, NEWEST], rule: leakyRelu, notes: 'The slope at 0.' },
  { operator: 'Less', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'LessOrEqual', opsets: [12, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Log', opsets: [OLDEST, NEWEST], rule: logarithm, notes: '' },
  { operator: 'LogSoftmax', opsets: [OLDEST, NEWEST], rule: logSoftmax, notes: 'Over all axes from `axis` on before opset 13.' },
  { operator: 'MatMul', opsets: [OLDEST, NEWEST], rule: matMul, notes: '' },
  { operator: 'MaxPool', opsets: [OLDEST, NEWEST], rule: maxPool, notes: 'The first maximum in row-major order takes all. Spatial lengths have to be known.' },
  { operator: 'Mish', opsets: [18, NEWEST], rule: mish, notes: '' },
  { operator: 'Mul', opsets: [OLDEST, NEWEST], rule: multiply, broadcasts: true, notes: '' },
  { operator: 'Neg', opsets: [OLDEST, NEWEST], rule: negate, notes: '' },
  { operator: 'PRelu', opsets: [OLDEST, NEWEST], rule: prelu, notes: 'The slope at 0. The slope itself may not depend on the input.' },
  { operator: 'Pad', opsets: [OLDEST, NEWEST], rule: pad, notes: 'Constant padding, known before it runs.' },
  { operator: 'Pow', opsets: [OLDEST, NEWEST], rule: power, broadcasts: true, notes: 'The exponent may not depend on the input.' },
  { operator: 'Range', opsets: [11, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Reciprocal', opsets: [OLDEST, NEWEST], rule: reciprocal, notes: '' },
  { operator: 'ReduceMean', opsets: [OLDEST, NEWEST], rule: reduceMean, notes: '' },
  { operator: 'ReduceSum', opsets: [OLDEST, NEWEST], rule: reduceSum, notes: '' },
  { operator: 'Relu', opsets: [OLDEST, NEWEST], rule: relu, notes: '0 at 0.' },
  { operator: 'Reshape', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Round', opsets: [11, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Selu', opsets: [OLDEST, NEWEST], rule: selu, notes: '' },
  { operator: 'Shape', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Sigmoid', opsets: [OLDEST, NEWEST], rule: sigmoid, notes: '' },
  { operator: 'Sign', opsets: [9, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Size', opsets: [OLDEST, NEWEST], rule: flat, notes: FLAT_NOTES },
  { operator: 'Slice', opsets: [OLDEST, NEWEST], rule: slice, notes: 'Bounds have to be known before it runs.' },
  { operator: 'Softmax', opsets: [OLDEST, NEWEST], rule: softmax, notes: 'Over all axes from `axis` on before opset 13.' },
  { operator: 'Softplus', opsets: [OLDEST, NEWEST], rule: softplus, notes: '' },
  { operator: 'Softsign', opsets: [OLDEST, NEWEST], rule: softsign, notes: '' },
  { operator: 'Split', opsets: [OLDEST, NEWEST], rule: split, notes: '' },
  { operator: 'Sqrt', opsets: [OLDEST, NEWEST], rule: squareRoot, notes: '' },
  { operator: 'Squeeze', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Sub', opsets: [OLDEST, NEWEST], rule: subtract, broadcasts: true, notes: '' },
  { operator: 'Sum', opsets: [8, NEWEST], rule: add, broadcasts: true, notes: '' },
  { operator: 'Tanh', opsets: [OLDEST, NEWEST], rule: tanh, notes: '' },
  { operator: 'Transpose', opsets: [OLDEST, NEWEST], rule: transpose, notes: '' },
  { operator: 'Unsqueeze', opsets: [OLDEST, NEWEST], rule: reshape, notes: '' },
  { operator: 'Where', opsets: [9, NEWEST], rule: where, broadcasts: true, notes: '' },
];

const BY_OPERATOR: ReadonlyMap<string, RuleEntry> = new Map(RULES.map((entry) => [entry.operator, entry]));

/** The rule for a node of a model with this operator set; `undefined` when there is none. */
export function findRule(node: NodeProto, opset: number): RuleEntry | undefined {
  const entry = normalDomain(node.domain) === '' ? BY_OPERATOR.get(node.opType) : undefined;
  return entry && opset >= entry.opsets[0] && opset <= entry.opsets[1] ? entry : undefined;
}
