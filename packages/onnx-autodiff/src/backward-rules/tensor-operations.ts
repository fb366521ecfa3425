import type { TensorOperations } from '@pellucid/core';
import { ElementType, tensorShape, tensorValues, type TensorProto } from '@pellucid/onnx-graph';
import { choose, knownShape, reduceMean, sign, type Emitter } from '../engine/emitter.ts';
import { halvesOf, joinHalves } from '../passes/batch-halves.ts';

type Arithmetic = (a: number, b: number) => number;

/** The values of two stored tensors combined, where they have one shape or one of them is a scalar; `null` otherwise. */
function combine(a: TensorProto, b: TensorProto, arithmetic: Arithmetic): { readonly shape: readonly number[]; readonly values: Float64Array } | null {
  const [first, second] = [tensorValues(a), tensorValues(b)];
  const [shapeA, shapeB] = [tensorShape(a), tensorShape(b)];
  const wholeIsA = first.length >= second.length;
  const scalar = (wholeIsA ? second : first).length === 1 && (wholeIsA ? shapeB : shapeA).length === 0;
  if (!scalar && shapeA.join() !== shapeB.join()) return null;
  const [stepA, stepB] = scalar ? (wholeIsA ? [1, 0] : [0, 1]) : [1, 1];
  const values = Float64Array.from({ length: Math.max(first.length, second.length) }, (_, i) =>
    arithmetic(Number(first[i * stepA]), Number(second[i * stepB])));
  return { shape: wholeIsA ? shapeA : shapeB, values };
}

/** The least positive half float of full precision: a threshold or a stabiliser below it would round to 0, and divide by it. */
const LEAST_HALF = 2 ** -14;
const halfFloat = (value: number): number => (value === 0 ? 0 : Math.sign(value) * Math.max(Math.abs(value), LEAST_HALF));

/** Whether a tensor is the stored number 0. */
function isZero(emit: Emitter, name: string): boolean {
  const tensor = emit.stored(name);
  return tensor !== null && tensorShape(tensor).length === 0 && Number(tensorValues(tensor)[0]) === 0;
}

/** Greatest and least take operands of different shapes since opset 8. */
const extremum = (emit: Emitter, operator: 'Max' | 'Min', a: string, b: string): string => {
  // A ReLU is fused with the convolution before it, and stays in the layout of images.
  if (operator === 'Max' && isZero(emit, b)) return emit.op('Relu', [a]);
  if (emit.opset >= 8) return emit.op(operator, [a, b]);
  const isGreater = emit.op('Greater', [a, b]);
  return operator === 'Max' ? choose(emit, isGreater, a, b) : choose(emit, isGreater, b, a);
};

/**
 * The operations that backward rules use, as nodes appended to a graph. Arithmetic on stored tensors alone, such as the positive part of
 * weights, is done here and now, once for all nodes that share them.
 * @param like - a tensor of the element type of scalars
 */
export function graphOperations(emit: Emitter, like: string): TensorOperations<string> {
  const binary = (operator: string, arithmetic: Arithmetic, node: (a: string, b: string) => string) => (a: string, b: string): string => {
    const [first, second] = [emit.stored(a), emit.stored(b)];
    const folded = first && second && combine(first, second, arithmetic);
    if (!folded) return node(a, b);
    return emit.once(`${operator} of ${a} and ${b}`, () => emit.constant(folded.shape, folded.values, a));
  };
  const plain = (operator: string) => (a: string, b: string): string => emit.op(operator, [a, b]);
  const constant = (value: number): string => emit.scalar(emit.typeOf(like).elementType === Number(ElementType.FLOAT16) ? halfFloat(value) : value, like);
  const multiply = binary('Mul', (a, b) => a * b, plain('Mul'));
  return {
    constant,
    multiply,
    add: binary('Add', (a, b) => a + b, plain('Add')),
    subtract: binary('Sub', (a, b) => a - b, plain('Sub')),
    divide: binary('Div', (a, b) => a / b, plain('Div')),
    negate: (a) => (emit.stored(a) ? multiply(a, constant(-1)) : emit.op('Neg', [a])),
    absolute: (a) => emit.op('Abs', [a]),
    sign: (a) => sign(emit, a),
    minimum: binary('Min', Math.min, (a, b) => extremum(emit, 'Min', a, b)),
    maximum: binary('Max', Math.max, (a, b) => extremum(emit, 'Max', a, b)),
    greater: plain('Greater'),
    where: (condition, ifTrue, ifFalse) => choose(emit, condition, ifTrue, ifFalse),
    halves: (a) => halvesOf(emit, a),
    join: (a, b) => joinHalves(emit, a, b),
    meanPerSample(a) {
      const axes = knownShape(emit, a).slice(1).map((_, i) => i + 1);
      return axes.length === 0 ? a : reduceMean(emit, a, axes);
    },
  };
}
