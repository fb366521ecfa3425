import { attributeFloat, attributeInt, attributeInts, normalAxis } from '@pellucid/onnx-graph';
import { equal, choose, knownShape, reduceMean, reduceSum, reshapeLike, sign, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { GradientRule, RuleContext } from '../engine/gradient-rule.ts';
import { sumToShape } from '../engine/sum-to-shape.ts';
import { windowMatrix } from './channel-windows.ts';
import { channelSums } from './convolution.ts';
import { multiplyAlong } from './linear-maps.ts';

/** Inference: y = (x - mean) / sqrt(variance + epsilon) scale + bias, channel by channel. */
export const batchNormalization: GradientRule = ({ emit, node, dy, inputs, outputs, wanted }) => {
  const [x = '', scale = '', , mean = '', variance = ''] = inputs;
  const trains = attributeInt(node, 'training_mode', 0) === 1 || outputs.filter((name) => name !== '').length > 1;
  if (trains) return emit.fail('it normalises by the statistics of the batch', 'Export the model for inference.');
  if (attributeInt(node, 'spatial', 1) === 0) return emit.fail('it normalises every position by itself (`spatial = 0`)');
  if (wanted[3] || wanted[4]) return emit.fail('its statistics depend on the tensor to differentiate at');
  const apart = (value: string): string => unsqueeze(emit, value, knownShape(emit, x).slice(2).map((_, i) => i + 1));
  const deviation = emit.op('Sqrt', [emit.op('Add', [variance, emit.scalar(attributeFloat(node, 'epsilon', 1e-5), variance)])]);
  const gradients = [
    () => emit.op('Mul', [dy, apart(emit.op('Div', [scale, deviation]))]),
    () => emit.op('Div', [channelSums(emit, emit.op('Mul', [dy, emit.op('Sub', [x, apart(mean)])])), deviation]),
    () => channelSums(emit, dy),
  ];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};

/** A normalised tensor and the standard deviation that it was divided by, of which the other axes are left. */
interface Normal {
  readonly normal: string;
  readonly deviation: string;
  readonly axes: readonly number[];
  /** The mean was taken away. */
  readonly centred: boolean;
}

/** x over its standard deviation, or root mean square, along some axes. */
function normalise(emit: Emitter, x: string, axes: readonly number[], epsilon: number, centred: boolean): Normal {
  const shifted = centred ? emit.op('Sub', [x, reduceMean(emit, x, axes)]) : x;
  const variance = reduceMean(emit, emit.op('Mul', [shifted, shifted]), axes);
  const deviation = emit.op('Sqrt', [epsilon === 0 ? variance : emit.op('Add', [variance, emit.scalar(epsilon, x)])]);
  return { normal: emit.op('Div', [shifted, deviation]), deviation, axes, centred };
}

/** dx = (d - mean(d) - n mean(d n)) / deviation for the gradient d at n (Ba et al. 2016); without mean(d) where no mean was taken away. */
function throughNormal(emit: Emitter, d: string, { normal, deviation, axes, centred }: Normal): string {
  const along = emit.op('Mul', [normal, reduceMean(emit, emit.op('Mul', [d, normal]), axes)]);
  const flat = centred ? emit.op('Sub', [d, reduceMean(emit, d, axes)]) : d;
  return emit.op('Div', [emit.op('Sub', [flat, along]), deviation]);
}

/** Gradients at the statistics that a normalisation gives beside its result would be lost. */
function onlyFirst({ emit, gradients }: RuleContext): void {
  if (gradients.slice(1).some((gradient) => gradient !== null)) emit.fail('the statistics that it gives as further outputs are used');
}

/** Normalisation over the last axes, with a scale and maybe a bias that broadcast. */
const overLastAxes = (centred: boolean): GradientRule => (context) => {
  const { emit, node, dy, inputs, wanted } = context;
  const [x = '', scale = '', bias = ''] = inputs;
  onlyFirst(context);
  const rank = knownShape(emit, x).length;
  const first = normalAxis(attributeInt(node, 'axis', -1), rank);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const parts = normalise(emit, x, axes, attributeFloat(node, 'epsilon', 1e-5), centred);
  const gradients = [
    () => throughNormal(emit, emit.op('Mul', [dy, scale]), parts),
    () => sumToShape(emit, emit.op('Mul', [dy, parts.normal]), scale, [scale, x]),
    () => sumToShape(emit, dy, bias, [bias, x]),
  ];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};

/** y = n scale + bias with n = (x - mean) / sqrt(variance + epsilon) over the last axes. */
export const layerNormalization: GradientRule = overLastAxes(true);

/** y = n scale with n = x / sqrt(mean(x^2) + epsilon) over the last axes. */
export const rmsNormalization: GradientRule = overLastAxes(false);

const spatialAxes = (emit: Emitter, x: string): number[] => [...knownShape(emit, x).keys()].slice(2);

/** y = n scale + bias, normalised over space for each channel of each sample. */
export const instanceNormalization: GradientRule = ({ emit, node, dy, inputs, wanted }) => {
  const [x = '', scale = ''] = inputs;
  const axes = spatialAxes(emit, x);
  const parts = normalise(emit, x, axes, attributeFloat(node, 'epsilon', 1e-5), true);
  const gradients = [
    () => throughNormal(emit, emit.op('Mul', [dy, unsqueeze(emit, scale, axes.map((axis) => axis - 1))]), parts),
    () => channelSums(emit, emit.op('Mul', [dy, parts.normal])),
    () => channelSums(emit, dy),
  ];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};

/** y = n scale + bias, normalised over each group of channels; the parameters are per group before opset 21, per channel since. */
export const groupNormalization: GradientRule = ({ emit, node, opset, dy, inputs, wanted }) => {
  const [x = '', scale = ''] = inputs;
  const groups = attributeInt(node, 'num_groups', 1);
  const shape = knownShape(emit, x);
  const grouped = (value: string): string => emit.op('Reshape', [value, emit.integers([0, groups, -1])]);
  const perGroup = opset < 21;
  const inGroups = (value: string): string => {
    if (perGroup) return emit.op('Mul', [grouped(value), unsqueeze(emit, scale, [1])]);
    return grouped(emit.op('Mul', [value, unsqueeze(emit, scale, shape.slice(2).map((_, i) => i + 1))]));
  };
  const parameterSums = (value: string): string => channelSums(emit, perGroup ? value : reshapeLike(emit, value, x));
  const parts = normalise(emit, grouped(x), [2], attributeFloat(node, 'epsilon', 1e-5), true);
  const gradients = [
    () => reshapeLike(emit, throughNormal(emit, inGroups(dy), parts), x),
    () => parameterSums(emit.op('Mul', [grouped(dy), parts.normal])),
    () => parameterSums(grouped(dy)),
  ];
  return inputs.map((_, i) => (wanted[i] ? (gradients[i]?.() ?? null) : null));
};

/** y = (x - mean) / deviation over the given axes, all but the channels unless stated. */
export const meanVarianceNormalization: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) => {
  const rank = knownShape(emit, x).length;
  const axes = attributeInts(node, 'axes', [0, 2, 3]).map((axis) => normalAxis(axis, rank));
  return [throughNormal(emit, dy, normalise(emit, x, axes, 0, true))];
};

/** y = x / |x|_p along an axis; dx = (dy - g sum(dy y)) / |x|_p with g = y for p = 2 and sign(x) for p = 1. 0 where the norm is 0. */
export const lpNormalization: GradientRule = ({ emit, node, dy, inputs: [x = ''], outputs: [y = ''] }) => {
  const axes = [normalAxis(attributeInt(node, 'axis', -1), knownShape(emit, x).length)];
  const isOne = attributeInt(node, 'p', 2) === 1;
  const sum = reduceSum(emit, isOne ? emit.op('Abs', [x]) : emit.op('Mul', [x, x]), axes, true);
  const norm = isOne ? sum : emit.op('Sqrt', [sum]);
  const zero = emit.scalar(0, x);
  const none = equal(emit, norm, zero);
  const along = emit.op('Mul', [isOne ? sign(emit, x) : y, reduceSum(emit, emit.op('Mul', [dy, y]), axes, true)]);
  const dx = emit.op('Div', [emit.op('Sub', [dy, along]), choose(emit, none, emit.scalar(1, x), norm)]);
  return [choose(emit, none, zero, dx)];
};

/**
 * y = x s^-beta with s = bias + alpha / size times the sum of x^2 over a window of channels (Krizhevsky et al. 2012);
 * dx = dy s^-beta - 2 alpha beta / size x W^T (dy x s^(-beta - 1)), where W sums over windows.
 */
export const localResponseNormalization: GradientRule = ({ emit, node, dy, inputs: [x = ''] }) => {
  const [alpha, beta, bias] = [attributeFloat(node, 'alpha', 1e-4), attributeFloat(node, 'beta', 0.75), attributeFloat(node, 'bias', 1)];
  const size = attributeInt(node, 'size', 1);
  const sum = multiplyAlong(emit, windowMatrix(emit, x, size, false), emit.op('Mul', [x, x]), 1);
  const s = emit.op('Add', [emit.op('Mul', [sum, emit.scalar(alpha / size, x)]), emit.scalar(bias, x)]);
  const shares = emit.op('Mul', [dy, emit.op('Pow', [s, emit.scalar(-beta, x)])]);
  const crossed = multiplyAlong(emit, windowMatrix(emit, x, size, true), emit.op('Div', [emit.op('Mul', [shares, x]), s]), 1);
  return [emit.op('Sub', [shares, emit.op('Mul', [emit.op('Mul', [x, crossed]), emit.scalar(2 * alpha * beta / size, x)])])];
};
