import { ElementType, floatAttribute, intAttribute, intsAttribute, makeTensor, stringAttribute, type AttributeProto } from '@pellucid/onnx-graph';
import type { RuleCase } from '../check-rule.ts';
import { distinct, offZero, positive } from '../cases/draws.ts';
import { list, type Chance } from './chance.ts';

type Values = NonNullable<RuleCase['values']>;
const inside: Values = (draw) => Math.tanh(draw) * 0.5;
const above: Values = (draw) => Math.abs(draw) + 1.3;
const any: Values = (draw) => draw;

/** Operators of one operand: the first operator set, values off the kinks, attributes. */
const UNARY: readonly (readonly [operator: string, first: number, values: Values, attributes?: (chance: Chance) => AttributeProto[]])[] = [
  ['Abs', 7, offZero], ['Acos', 7, inside], ['Acosh', 9, above], ['Asin', 7, inside], ['Asinh', 9, any], ['Atan', 7, any], ['Atanh', 9, inside],
  ['Celu', 12, offZero, (c) => [floatAttribute('alpha', c.number(0.4, 2))]], ['Cos', 7, any], ['Cosh', 9, any],
  ['Elu', 7, offZero, (c) => [floatAttribute('alpha', c.number(0.4, 2))]], ['Erf', 9, any], ['Exp', 7, any],
  ['Gelu', 20, any, (c) => [stringAttribute('approximate', c.pick(['none', 'tanh']))]],
  ['HardSigmoid', 7, (_, i) => (i % 7) * 0.9 - 2.6, () => [floatAttribute('alpha', 0.3), floatAttribute('beta', 0.4)]], ['HardSwish', 14, (draw) => inside(draw, 0) * 5],
  ['Identity', 7, any], ['LeakyRelu', 7, offZero, (c) => [floatAttribute('alpha', c.number(0, 1))]], ['Log', 7, positive], ['Mish', 18, any], ['Neg', 7, any],
  ['Reciprocal', 7, positive], ['Relu', 7, offZero], ['Selu', 7, offZero, (c) => [floatAttribute('alpha', c.number(1, 2)), floatAttribute('gamma', c.number(0.5, 2))]],
  ['Shrink', 9, (_, i) => (i % 3) * 1.2 - 1.3, (c) => [floatAttribute('lambd', 0.5), floatAttribute('bias', c.number(0, 0.5))]], ['Sigmoid', 7, any], ['Sin', 7, any], ['Sinh', 9, any],
  ['Softplus', 7, any], ['Softsign', 7, offZero], ['Sqrt', 7, positive], ['Swish', 24, any, (c) => [floatAttribute('alpha', c.number(0.5, 2))]], ['Tan', 7, inside], ['Tanh', 7, any],
  ['ThresholdedRelu', 10, (draw) => offZero(draw) + 0.5, () => [floatAttribute('alpha', 0.5)]], ['Dropout', 7, any],
];

/** The operator sets in which some operator changed. */
const VERSIONS: readonly number[] = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];
export const opsetFrom = (chance: Chance, first: number, last = 25): number => chance.pick(VERSIONS.filter((version) => version >= first && version <= last));

/** The runtime computes these in single precision, or with constants of single precision, whatever it is given. */
const ROUNDED: readonly string[] = ['HardSwish', 'Shrink'];

export function unary(chance: Chance): RuleCase {
  const [operator, first, values, attributes] = chance.pick(UNARY);
  const shape = chance.lengths(chance.integer(1, 4));
  return {
    single: ROUNDED.includes(operator), operator, opset: opsetFrom(chance, first), inputs: { x: chance.declared(shape) }, values, attributes: attributes?.(chance) ?? [],
  };
}

export function clip(chance: Chance): RuleCase {
  const opset = opsetFrom(chance, 7);
  const [low, high] = [chance.happens(0.7), chance.happens(0.7)];
  const common = { operator: 'Clip', opset, inputs: { x: chance.declared(chance.lengths(3)) }, values: (_: number, i: number): number => (i % 9) / 2 - 1.6, linear: true };
  if (opset < 11) {
    return { ...common, attributes: [...(low ? [floatAttribute('min', -0.85)] : []), ...(high ? [floatAttribute('max', 1.15)] : [])] };
  }
  const constants = [...(low ? [makeTensor('low', ElementType.DOUBLE, [], [-0.85])] : []), ...(high ? [makeTensor('high', ElementType.DOUBLE, [], [1.15])] : [])];
  return { ...common, constants, order: ['x', low ? 'low' : '', high ? 'high' : ''], atRuntime: [] };
}

const BROADCASTING: readonly (readonly [operator: string, first: number, values: Values, most: number])[] = [
  ['Add', 7, any, 2], ['Sub', 7, any, 2], ['Mul', 7, any, 2], ['Div', 7, positive, 2], ['Pow', 7, positive, 2],
  ['Max', 8, (draw, i) => draw / 20 + distinct(draw, i), 4], ['Min', 8, (draw, i) => draw / 20 + distinct(draw, i), 4], ['Mean', 7, any, 4], ['Sum', 7, any, 4],
];

/** A shape that broadcasts to another one. */
function narrowed(chance: Chance, shape: readonly number[]): number[] {
  return shape.slice(chance.integer(0, shape.length)).map((length) => (chance.happens(0.3) ? 1 : length));
}

export function broadcasting(chance: Chance): RuleCase {
  const [operator, first, values, most] = chance.pick(BROADCASTING);
  const whole = chance.lengths(chance.integer(1, 4), 4);
  const count = most === 2 ? 2 : chance.integer(1, most);
  const opset = opsetFrom(chance, first);
  // Operand i moves its values, so that no two are within reach of a step of each other.
  const inputs = Object.fromEntries(Array.from({ length: count }, (_, i) => {
    // Before operator set 8 these took operands of one shape alone.
    const alike = i === 0 || chance.happens(0.3) || (opset === 7 && most > 2);
    const shape = alike ? whole : narrowed(chance, whole);
    return [`x${i}`, opset >= 13 ? chance.declared(shape) : shape];
  }));
  const apart = operator === 'Max' || operator === 'Min';
  return { operator, opset, inputs, values: apart ? (draw) => draw : values };
}

export function choice(chance: Chance): RuleCase {
  const whole = chance.lengths(chance.integer(1, 4), 4);
  const condition = narrowed(chance, whole);
  const size = condition.reduce((product, length) => product * length, 1);
  return {
    operator: 'Where', opset: opsetFrom(chance, 9), inputs: { a: whole, b: narrowed(chance, whole) }, order: ['c', 'a', 'b'],
    constants: [makeTensor('c', ElementType.BOOL, condition, Array.from({ length: size }, () => chance.integer(0, 1)))],
  };
}

const REDUCTIONS: readonly (readonly [operator: string, values: Values])[] = [
  ['ReduceL1', offZero], ['ReduceL2', offZero], ['ReduceLogSum', positive], ['ReduceLogSumExp', any], ['ReduceMax', distinct], ['ReduceMean', any], ['ReduceMin', distinct],
  ['ReduceProd', (draw) => 1 + 0.3 * Math.tanh(draw)], ['ReduceSum', any], ['ReduceSumSquare', any],
];

export function reduction(chance: Chance): RuleCase {
  const [operator, values] = chance.pick(REDUCTIONS);
  const shape = chance.lengths(chance.integer(1, 4));
  const opset = opsetFrom(chance, 7, 20);
  const axes = chance.some(shape.length, chance.integer(1, shape.length)).map((axis) => (opset >= 11 && chance.happens(0.3) ? axis - shape.length : axis));
  const byInput = opset >= (operator === 'ReduceSum' ? 13 : 18);
  const keep = chance.happens(0.5) ? [intAttribute('keepdims', chance.integer(0, 1))] : [];
  const given = chance.happens(0.8);
  const nothing = byInput && !given && chance.happens(0.5) ? [intAttribute('noop_with_empty_axes', 1)] : [];
  return {
    operator, opset, inputs: { x: chance.declared(shape) }, values, linear: operator === 'ReduceMax' || operator === 'ReduceMin',
    attributes: [...keep, ...nothing, ...(given && !byInput ? [intsAttribute('axes', axes)] : [])], constants: given && byInput ? [list('axes', axes)] : [],
  };
}

export function softmax(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  const opset = opsetFrom(chance, 7);
  const axis = chance.integer(opset >= 11 ? -shape.length : 0, shape.length - 1);
  return { operator: chance.pick(['Softmax', 'LogSoftmax']), opset, inputs: { x: chance.declared(shape) }, attributes: chance.happens(0.8) ? [intAttribute('axis', axis)] : [] };
}

export function slopes(chance: Chance): RuleCase {
  const whole = chance.lengths(chance.integer(1, 4), 4);
  return { operator: 'PRelu', opset: opsetFrom(chance, 7), inputs: { x: whole, slope: narrowed(chance, whole) }, values: offZero };
}

export function cumulative(chance: Chance): RuleCase {
  const shape = chance.lengths(chance.integer(1, 4));
  return {
    operator: 'CumSum', opset: opsetFrom(chance, 11), inputs: { x: chance.declared(shape) }, constants: [makeTensor('axis', ElementType.INT64, [], [chance.integer(-shape.length, shape.length - 1)])],
    attributes: [intAttribute('exclusive', chance.integer(0, 1)), intAttribute('reverse', chance.integer(0, 1))], linear: true,
  };
}
