import { attributeFloat, attributeInt, attributeString, normalAxis, tensorValues, type NodeProto } from '@pellucid/onnx-graph';
import { choose, equal, keepWhere, knownShape, reduceSum, sign, type Emitter } from '../engine/emitter.ts';
import type { GradientRule } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';
import type { Ramp } from '../passes/secant-slopes.ts';
import { keepBetween, keepPositive } from '../passes/masks.ts';
import { isMaskedBehindPool } from '../passes/masks-behind-pools.ts';

const positive = (emit: Emitter, x: string): string => emit.op('Greater', [x, emit.scalar(0, x)]);

/** dy scaled by a number. */
const scaled = (emit: Emitter, dy: string, factor: number): string => (factor === 1 ? dy : emit.op('Mul', [dy, emit.scalar(factor, dy)]));

/** y = max(x, 0); 0 at 0. */
export const relu: GradientRule = ({ emit, dy, outputs: [y = ''] }) => [isMaskedBehindPool(emit, y) ? dy : keepPositive(emit, y, dy)];

/** y = x for x > 0, else slope x; the slope at 0. */
export const leakyRelu: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) =>
  [choose(emit, positive(emit, x), dy, scaled(emit, dy, attributeFloat(node, 'alpha', 0.01)))];

/** As LeakyRelu, with the slope as a tensor, which gets dy x where x is not positive, summed over what it was spread over. */
export const prelu: GradientRule = ({ emit, dy, inputs: [x = '', slope = ''], wanted }) => {
  const isPositive = positive(emit, x);
  const dslope = (): string => sumToShape(emit, choose(emit, isPositive, emit.scalar(0, dy), emit.op('Mul', [dy, x])), slope, [x, slope]);
  return [wanted[0] ? choose(emit, isPositive, dy, emit.op('Mul', [dy, slope])) : null, wanted[1] ? dslope() : null];
};

/** Operators whose sums of products meet a bound exactly by accident alone. */
const WEIGHTED_SUMS: ReadonlySet<string> = new Set(['BatchNormalization', 'Conv', 'Gemm']);

/** The upper bound of a Clip that stands for a ReLU6, or the like: from 0 to a number, right behind weights. */
function activationBound(emit: Emitter, node: NodeProto): number | null {
  const [x = '', low = '', high = ''] = node.input;
  if (!WEIGHTED_SUMS.has(emit.producer(emit.wholes.get(x) ?? x)?.opType ?? '')) return null;
  const bound = (attribute: string, name: string, otherwise: number): number => {
    if (name === '') return attributeFloat(node, attribute, otherwise);
    const tensor = emit.stored(name);
    return tensor ? Number(tensorValues(tensor)[0]) : NaN;
  };
  const most = bound('max', high, Infinity);
  return bound('min', low, -Infinity) === 0 && most > 2 ** -20 && most < 2 ** 20 ? most : null;
}

/** Where a ReLU or ReLU6 is the identity; `null` for other operations. */
export function rampOf(emit: Emitter, node: NodeProto): Ramp | null {
  const high = node.opType === 'Relu' ? Infinity : node.opType === 'Clip' ? activationBound(emit, node) : null;
  if (high === null) return null;
  const [x = '', ...bounds] = node.input;
  return { x, high, of: (half) => emit.op(node.opType, [half, ...bounds], node.attribute) };
}

/** y = min(max(x, low), high): dy wherever y is x, so also at the bounds; 0 there for a ReLU6, as in PyTorch. */
export const clip: GradientRule = ({ emit, node, dy, inputs, outputs: [y = ''] }) => {
  const most = activationBound(emit, node);
  const dx = (x: string): string => (most === null ? keepWhere(emit, equal(emit, x, y), dy) : keepBetween(emit, y, most, dy));
  return inputs.map((x, i) => (i === 0 ? dx(x) : null));
};

/** dx = dy y (1 - y) */
export const sigmoid: GradientRule = ({ emit, dy, outputs: [y = ''] }) =>
  [emit.op('Mul', [dy, emit.op('Mul', [y, emit.op('Sub', [emit.scalar(1, y), y])])])];

/** dx = dy (1 - y^2) */
export const tanh: GradientRule = ({ emit, dy, outputs: [y = ''] }) =>
  [emit.op('Mul', [dy, emit.op('Sub', [emit.scalar(1, y), emit.op('Mul', [y, y])])])];

/** The axes that a softmax normalises over: one since opset 13, all from `axis` on before. */
function softmaxAxes({ emit, node, opset, inputs: [x = ''] }: Parameters<GradientRule>[0]): readonly number[] {
  const rank = knownShape(emit, x).length;
  const axis = normalAxis(attributeInt(node, 'axis', opset >= 13 ? -1 : 1), rank);
  return opset >= 13 ? [axis] : Array.from({ length: rank - axis }, (_, i) => axis + i);
}

/** dx = y (dy - sum(dy y)) */
export const softmax: GradientRule = (context) => {
  const { emit, dy, outputs: [y = ''] } = context;
  const sum = reduceSum(emit, emit.op('Mul', [dy, y]), softmaxAxes(context), true);
  return [emit.op('Mul', [y, emit.op('Sub', [dy, sum])])];
};

/** dx = dy - exp(y) sum(dy) */
export const logSoftmax: GradientRule = (context) => {
  const { emit, dy, outputs: [y = ''] } = context;
  const sum = reduceSum(emit, dy, softmaxAxes(context), true);
  return [emit.op('Sub', [dy, emit.op('Mul', [emit.op('Exp', [y]), sum])])];
};

/** y = x for x > 0, else alpha (exp(x) - 1), whose slope is y + alpha. */
export const elu: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const slope = emit.op('Add', [y, emit.scalar(attributeFloat(node, 'alpha', 1), y)]);
  return [choose(emit, positive(emit, x), dy, emit.op('Mul', [dy, slope]))];
};

/** y = gamma ELU(x) with the constants of Klambauer et al. 2017. */
export const selu: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const gamma = attributeFloat(node, 'gamma', 1.0507009873554804934193349852946);
  const alpha = attributeFloat(node, 'alpha', 1.6732632423543772848170429916717);
  const slope = emit.op('Add', [y, emit.scalar(gamma * alpha, y)]);
  return [choose(emit, positive(emit, x), scaled(emit, dy, gamma), emit.op('Mul', [dy, slope]))];
};

/** y = x for x > 0, else alpha (exp(x / alpha) - 1), whose slope is y / alpha + 1. */
export const celu: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const slope = emit.op('Add', [scaled(emit, y, 1 / attributeFloat(node, 'alpha', 1)), emit.scalar(1, y)]);
  return [choose(emit, positive(emit, x), dy, emit.op('Mul', [dy, slope]))];
};

/** y = log(1 + exp(x)); dx = dy sigmoid(x). */
export const softplus: GradientRule = ({ emit, dy, inputs: [x = ''] }) => [emit.op('Mul', [dy, emit.op('Sigmoid', [x])])];

/** y = x / (1 + |x|); dx = dy / (1 + |x|)^2. */
export const softsign: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const size = emit.op('Add', [emit.op('Abs', [x]), emit.scalar(1, x)]);
  return [emit.op('Div', [dy, emit.op('Mul', [size, size])])];
};

/** dx = dy 2/sqrt(pi) exp(-x^2) */
export const erf: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const bell = emit.op('Exp', [emit.op('Neg', [emit.op('Mul', [x, x])])]);
  return [emit.op('Mul', [scaled(emit, dy, 2 / Math.sqrt(Math.PI)), bell])];
};

/** 1 strictly inside the ramp, where 0 < s < 1, else 0. */
const inRamp = (emit: Emitter, s: string): string => sign(emit, emit.op('Mul', [s, emit.op('Sub', [emit.scalar(1, s), s])]));

/** y = min(max(alpha x + beta, 0), 1); 0 at both ends. */
export const hardSigmoid: GradientRule = ({ emit, node, dy, outputs: [y = ''] }) =>
  [emit.op('Mul', [scaled(emit, dy, attributeFloat(node, 'alpha', 0.2)), inRamp(emit, y)])];

/** y = x h(x) with h = min(max(x/6 + 1/2, 0), 1); dx = dy (h + x h'). */
export const hardSwish: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const ramp = emit.op('Add', [scaled(emit, x, 1 / 6), emit.scalar(0.5, x)]);
  const h = emit.op('Min', [emit.op('Max', [ramp, emit.scalar(0, x)]), emit.scalar(1, x)]);
  const slope = emit.op('Mul', [scaled(emit, x, 1 / 6), inRamp(emit, h)]);
  return [emit.op('Mul', [dy, emit.op('Add', [h, slope])])];
};

/** y = x tanh(s) with s = softplus(x); dx = dy (t + x (1 - t^2) sigmoid(x)). */
export const mish: GradientRule = ({ emit, dy, inputs: [x = ''] }) => {
  const t = emit.op('Tanh', [emit.op('Softplus', [x])]);
  const slope = emit.op('Mul', [emit.op('Sub', [emit.scalar(1, x), emit.op('Mul', [t, t])]), emit.op('Sigmoid', [x])]);
  return [emit.op('Mul', [dy, emit.op('Add', [t, emit.op('Mul', [x, slope])])])];
};

/** y = x Phi(x); dx = dy (Phi(x) + x phi(x)), or the same for the approximation by tanh (Hendrycks and Gimpel 2016). */
export const gelu: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) => {
  const half = emit.scalar(0.5, x);
  const one = emit.scalar(1, x);
  const square = emit.op('Mul', [x, x]);
  if (attributeString(node, 'approximate', 'none') === 'tanh') {
    const c = Math.sqrt(2 / Math.PI);
    const cubic = emit.op('Add', [one, scaled(emit, square, 0.044715)]);
    const t = emit.op('Tanh', [scaled(emit, emit.op('Mul', [x, cubic]), c)]);
    const inner = emit.op('Add', [emit.scalar(c, x), scaled(emit, square, 3 * 0.044715 * c)]);
    const rise = emit.op('Mul', [emit.op('Mul', [x, emit.op('Sub', [one, emit.op('Mul', [t, t])])]), inner]);
    return [emit.op('Mul', [dy, emit.op('Mul', [half, emit.op('Add', [emit.op('Add', [one, t]), rise])])])];
  }
  const cumulative = emit.op('Mul', [half, emit.op('Add', [one, emit.op('Erf', [scaled(emit, x, Math.SQRT1_2)])])]);
  const density = scaled(emit, emit.op('Exp', [scaled(emit, square, -0.5)]), 1 / Math.sqrt(2 * Math.PI));
  return [emit.op('Mul', [dy, emit.op('Add', [cumulative, emit.op('Mul', [x, density])])])];
};

/** y = x for x > alpha, else 0; 0 at alpha. */
export const thresholdedRelu: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) =>
  [keepWhere(emit, emit.op('Greater', [x, emit.scalar(attributeFloat(node, 'alpha', 1), x)]), dy)];

/** y = x - bias for x > lambd, x + bias for x < -lambd, else 0; 0 at both. */
export const shrink: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) =>
  [keepWhere(emit, emit.op('Greater', [emit.op('Abs', [x]), emit.scalar(attributeFloat(node, 'lambd', 0.5), x)]), dy)];

/** y = x s with s = sigmoid(alpha x); dx = dy (s + alpha y (1 - s)). */
export const swish: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const alpha = attributeFloat(node, 'alpha', 1);
  const s = emit.op('Sigmoid', [scaled(emit, x, alpha)]);
  const rise = scaled(emit, emit.op('Mul', [y, emit.op('Sub', [emit.scalar(1, s), s])]), alpha);
  return [emit.op('Mul', [dy, emit.op('Add', [s, rise])])];
};
