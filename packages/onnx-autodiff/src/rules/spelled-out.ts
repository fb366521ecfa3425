import { attributeFloat, attributeInt, attributeInts, normalAxis, reducedAxes } from '@pellucid/onnx-graph';
import { knownShape, reduceMean, reduceSum, reshapeLike, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { Composition, CompositionSite } from './composition.ts';
import { windowMatrix } from './channel-windows.ts';
import { multiplyAlong } from './linear-maps.ts';

/** What a normalisation gives: the normal values, the means that it took away, and 1 over what it divided by. */
interface Spelled {
  readonly normal: string;
  readonly mean: string | null;
  readonly deviation: string;
}

/** x over its standard deviation, or its root mean square where it is not centred, along some axes. */
function normalise(emit: Emitter, x: string, axes: readonly number[], epsilon: number, centred: boolean): Spelled {
  const mean = centred ? reduceMean(emit, x, axes) : null;
  const shifted = mean === null ? x : emit.op('Sub', [x, mean]);
  const variance = reduceMean(emit, emit.op('Mul', [shifted, shifted]), axes);
  const deviation = emit.op('Sqrt', [epsilon === 0 ? variance : emit.op('Add', [variance, emit.scalar(epsilon, x)])]);
  return { normal: emit.op('Div', [shifted, deviation]), mean, deviation };
}

/** scale n + bias with parameters that broadcast. */
function affine(emit: Emitter, normal: string, scale: string, bias: string): string {
  const scaled = emit.op('Mul', [normal, scale]);
  return bias === '' ? scaled : emit.op('Add', [scaled, bias]);
}

const overLastAxes = (centred: boolean): Composition => (emit, { node, inputs: [x = '', scale = '', bias = ''], outputs }) => {
  const rank = knownShape(emit, x).length;
  const first = normalAxis(attributeInt(node, 'axis', -1), rank);
  const { normal, mean, deviation } = normalise(emit, x, Array.from({ length: rank - first }, (_, i) => first + i), attributeFloat(node, 'epsilon', 1e-5), centred);
  // The second statistic is 1 over the deviation; operators that are not centred give it in the place of the mean.
  const inverse = outputs.slice(1).some((name) => name !== '') ? emit.op('Reciprocal', [deviation]) : null;
  return [affine(emit, normal, scale, bias), mean ?? inverse, inverse];
};

/** A parameter per channel in front of axes of length 1. */
const perChannel = (emit: Emitter, parameter: string, x: string): string => unsqueeze(emit, parameter, knownShape(emit, x).slice(2).map((_, i) => i + 1));

const instanceNormalization: Composition = (emit, { node, inputs: [x = '', scale = '', bias = ''] }) => {
  const { normal } = normalise(emit, x, [...knownShape(emit, x).keys()].slice(2), attributeFloat(node, 'epsilon', 1e-5), true);
  return [affine(emit, normal, perChannel(emit, scale, x), perChannel(emit, bias, x))];
};

const groupNormalization: Composition = (emit, { node, inputs: [x = '', scale = '', bias = ''] }) => {
  const groups = attributeInt(node, 'num_groups', 1);
  const { normal } = normalise(emit, emit.op('Reshape', [x, emit.integers([0, groups, -1])]), [2], attributeFloat(node, 'epsilon', 1e-5), true);
  // Parameters are per group before operator set 21, per channel since.
  if (emit.opset < 21) return [reshapeLike(emit, affine(emit, normal, unsqueeze(emit, scale, [1]), unsqueeze(emit, bias, [1])), x)];
  return [affine(emit, reshapeLike(emit, normal, x), perChannel(emit, scale, x), perChannel(emit, bias, x))];
};

const meanVarianceNormalization: Composition = (emit, { node, inputs: [x = ''] }) => {
  const rank = knownShape(emit, x).length;
  return [normalise(emit, x, attributeInts(node, 'axes', [0, 2, 3]).map((axis) => normalAxis(axis, rank)), 0, true).normal];
};

const lpNormalization: Composition = (emit, { node, inputs: [x = ''] }) => {
  const axes = [normalAxis(attributeInt(node, 'axis', -1), knownShape(emit, x).length)];
  if (attributeInt(node, 'p', 2) === 1) return [emit.op('Div', [x, reduceSum(emit, emit.op('Abs', [x]), axes, true)])];
  return [emit.op('Div', [x, emit.op('Sqrt', [reduceSum(emit, emit.op('Mul', [x, x]), axes, true)])])];
};

const localResponseNormalization: Composition = (emit, { node, inputs: [x = ''] }) => {
  const [alpha, beta, bias] = [attributeFloat(node, 'alpha', 1e-4), attributeFloat(node, 'beta', 0.75), attributeFloat(node, 'bias', 1)];
  const size = attributeInt(node, 'size', 1);
  const sum = multiplyAlong(emit, windowMatrix(emit, x, size, false), emit.op('Mul', [x, x]), 1);
  const base = emit.op('Add', [emit.op('Mul', [sum, emit.scalar(alpha / size, x)]), emit.scalar(bias, x)]);
  return [emit.op('Mul', [x, emit.op('Pow', [base, emit.scalar(-beta, x)])])];
};

/** A reduction of values that another operator makes first, and what is done to the sum. */
const sumOf = (first: (emit: Emitter, x: string) => string, last?: 'Log' | 'Sqrt'): Composition => (emit, { node, inputs }: CompositionSite) => {
  const [x = ''] = inputs;
  const rank = knownShape(emit, x).length;
  const axes = reducedAxes({ node, opset: emit.opset, inputs: inputs.map((name) => (name === '' ? undefined : emit.typeOf(name))) }, rank);
  if (!axes) return emit.fail('its axes are not known before it runs');
  const terms = first(emit, x);
  const sum = axes.length === 0 ? terms : reduceSum(emit, terms, axes, true);
  const whole = last === undefined ? sum : emit.op(last, [sum]);
  return [attributeInt(node, 'keepdims', 1) === 1 ? whole : squeeze(emit, whole, axes)];
};
const square = (emit: Emitter, x: string): string => emit.op('Mul', [x, x]);

/** Normalisations and reductions in products, quotients, roots and sums, for backward rules that know these alone. */
export const SPELLED_OUT: Readonly<Record<string, Composition>> = {
  GroupNormalization: groupNormalization, InstanceNormalization: instanceNormalization, LRN: localResponseNormalization,
  LayerNormalization: overLastAxes(true), LpNormalization: lpNormalization, MeanVarianceNormalization: meanVarianceNormalization,
  RMSNormalization: overLastAxes(false), ReduceL1: sumOf((emit, x) => emit.op('Abs', [x])), ReduceL2: sumOf(square, 'Sqrt'), ReduceLogSum: sumOf((_, x) => x, 'Log'),
  ReduceSumSquare: sumOf(square), SimplifiedLayerNormalization: overLastAxes(false),
};
