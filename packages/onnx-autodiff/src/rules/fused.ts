import { attributeFloat, attributeInt, attributeString, floatAttribute, intsAttribute, stringAttribute } from '@pellucid/onnx-graph';
import { knownShape, type Emitter } from '../engine/emitter.ts';
import type { Composition, CompositionSite } from './composition.ts';

/** What FusedConv and FusedGemm call an activation, with the attributes that its parameters stand for. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  Clip: [], Elu: ['alpha'], HardSigmoid: ['alpha', 'beta'], LeakyRelu: ['alpha'], Relu: [], Sigmoid: [], Softplus: [], Tanh: [],
};

/** Bounds were attributes before operator set 11. */
const clip = (emit: Emitter, x: string, low: number, high: number): string =>
  (emit.opset >= 11 ? emit.op('Clip', [x, emit.scalar(low, x), emit.scalar(high, x)]) : emit.op('Clip', [x], [floatAttribute('min', low), floatAttribute('max', high)]));

function activate(emit: Emitter, x: string, activation: string, parameters: readonly number[]): string {
  if (activation === '') return x;
  const names = PARAMETERS[activation] ?? emit.fail(`its activation \`${activation}\` has no rule`);
  if (activation === 'Clip') return clip(emit, x, parameters[0] ?? 0, parameters[1] ?? 1);
  return emit.op(activation, [x], names.flatMap((name, i) => (parameters[i] === undefined ? [] : [floatAttribute(name, parameters[i])])));
}

const parametersOf = ({ node }: CompositionSite): readonly number[] => node.attribute.find(({ name }) => name === 'activation_params')?.floats ?? [];

/** act(conv(x) + z) */
export const fusedConv: Composition = (emit, context) => {
  const { node, inputs: [x = '', w = '', b = '', z = ''] } = context;
  const attributes = node.attribute.filter(({ name }) => !name.startsWith('activation'));
  const y = emit.op('Conv', b === '' ? [x, w] : [x, w, b], attributes);
  return [activate(emit, z === '' ? y : emit.op('Add', [y, z]), attributeString(node, 'activation', ''), parametersOf(context))];
};

/** act(gemm(a, b, c)) */
export const fusedGemm: Composition = (emit, { node, inputs }) => {
  const y = emit.op('Gemm', inputs, node.attribute.filter(({ name }) => !name.startsWith('activation')));
  const parameters = ['activation_alpha', 'activation_beta'].flatMap((name) => attributeFloat(node, name, null) ?? []);
  return [activate(emit, y, attributeString(node, 'activation', ''), parameters)];
};

function swapLast(emit: Emitter, x: string): string {
  const rank = knownShape(emit, x).length;
  return emit.op('Transpose', [x], [intsAttribute('perm', Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i)))]);
}

/** alpha a' b' with operands that may be transposed. */
export const fusedMatMul: Composition = (emit, { node, inputs: [a = '', b = ''] }) => {
  if (attributeInt(node, 'transBatchA', 0) === 1 || attributeInt(node, 'transBatchB', 0) === 1) return emit.fail('it transposes batches (`transBatchA`, `transBatchB`)');
  const left = attributeInt(node, 'transA', 0) === 1 ? swapLast(emit, a) : a;
  const product = emit.op('MatMul', [left, attributeInt(node, 'transB', 0) === 1 ? swapLast(emit, b) : b]);
  const alpha = attributeFloat(node, 'alpha', 1);
  return [alpha === 1 ? product : emit.op('Mul', [product, emit.scalar(alpha, product)])];
};

const half = (emit: Emitter, x: string): string => emit.op('Mul', [x, emit.scalar(0.5, x)]);

/** x Phi(x), spelled out for operator sets before 20. */
function exactGelu(emit: Emitter, x: string): string {
  if (emit.opset >= 20) return emit.op('Gelu', [x]);
  const error = emit.op('Erf', [emit.op('Mul', [x, emit.scalar(Math.SQRT1_2, x)])]);
  return emit.op('Mul', [half(emit, x), emit.op('Add', [error, emit.scalar(1, x)])]);
}

/** The approximation of Gelu by tanh. */
function tanhGelu(emit: Emitter, x: string): string {
  if (emit.opset >= 20) return emit.op('Gelu', [x], [stringAttribute('approximate', 'tanh')]);
  const cubic = emit.op('Add', [emit.op('Mul', [emit.op('Mul', [x, x]), emit.scalar(0.044715, x)]), emit.scalar(1, x)]);
  const inner = emit.op('Mul', [emit.op('Mul', [x, cubic]), emit.scalar(Math.sqrt(2 / Math.PI), x)]);
  return emit.op('Mul', [half(emit, x), emit.op('Add', [emit.op('Tanh', [inner]), emit.scalar(1, x)])]);
}

const plusBias = (emit: Emitter, [x = '', bias = '']: readonly string[]): string => (bias === '' ? x : emit.op('Add', [x, bias]));

/** x Phi(x) */
export const microsoftGelu: Composition = (emit, { inputs: [x = ''] }) => [exactGelu(emit, x)];

/** Gelu of x + bias. */
export const biasGelu: Composition = (emit, { inputs }) => [exactGelu(emit, plusBias(emit, inputs))];

/** Gelu by tanh of x + bias. */
export const fastGelu: Composition = (emit, { inputs }) => [tanhGelu(emit, plusBias(emit, inputs))];

/** x sigmoid(alpha x) */
export const quickGelu: Composition = (emit, { node, inputs: [x = ''] }) =>
  [emit.op('Mul', [x, emit.op('Sigmoid', [emit.op('Mul', [x, emit.scalar(attributeFloat(node, 'alpha', 1.702), x)])])])];

/** Layer or root-mean-square normalisation over the last axis, spelled out: operator sets before 17 lack the operators. */
function normalise(emit: Emitter, x: string, scale: string, bias: string, epsilon: number, centred: boolean): string {
  const last = knownShape(emit, x).length - 1;
  const mean = (value: string): string =>
    (emit.opset >= 18 ? emit.op('ReduceMean', [value, emit.integers([last])]) : emit.op('ReduceMean', [value], [intsAttribute('axes', [last])]));
  const shifted = centred ? emit.op('Sub', [x, mean(x)]) : x;
  const variance = mean(emit.op('Mul', [shifted, shifted]));
  const normal = emit.op('Div', [shifted, emit.op('Sqrt', [emit.op('Add', [variance, emit.scalar(epsilon, x)])])]);
  const scaled = emit.op('Mul', [normal, scale]);
  return bias === '' ? scaled : emit.op('Add', [scaled, bias]);
}

/** norm(x + skip + bias); the fourth output is the sum. */
const skipNormalization = (centred: boolean): Composition => (emit, { node, inputs }) => {
  const [x = '', skip = '', scale = '', ...rest] = inputs;
  const [beta, bias] = centred ? [rest[0] ?? '', rest[1] ?? ''] : ['', rest[0] ?? ''];
  const sum = emit.op('Add', [x, skip]);
  const whole = bias === '' ? sum : emit.op('Add', [sum, bias]);
  return [normalise(emit, whole, scale, beta, attributeFloat(node, 'epsilon', 1e-5), centred), null, null, whole];
};

/** Layer normalisation of a sum. */
export const skipLayerNormalization: Composition = skipNormalization(true);

/** Root-mean-square normalisation of a sum. */
export const skipSimplifiedLayerNormalization: Composition = skipNormalization(false);

/** y = x / rms(x) scale: what optimisers call RMS normalisation. */
export const simplifiedLayerNormalization: Composition = (emit, { node, inputs: [x = '', scale = ''] }) => {
  if (attributeInt(node, 'axis', -1) !== -1 && attributeInt(node, 'axis', -1) !== knownShape(emit, x).length - 1) return emit.fail('it normalises over several axes');
  return [normalise(emit, x, scale, '', attributeFloat(node, 'epsilon', 1e-5), false)];
};
