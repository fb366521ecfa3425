import type { BackwardRule, LinearOperation, RuleNode, TensorOperations } from '@pellucid/core';

/** Relevance of the input of a linear operation, given that of its output. */
export type LinearRule = <Value>(x: Value, relevance: Value, linear: LinearOperation<Value>, operations: TensorOperations<Value>) => Value;

/** z + epsilon sign(z), where 0 counts as positive: a denominator that is never 0. */
export function stabilised<Value>(z: Value, epsilon: number, { add, where, greater, constant }: TensorOperations<Value>): Value {
  return add(z, where(greater(constant(0), z), constant(-epsilon), constant(epsilon)));
}

/** One way through a linear operation: an input, the weights that it meets, and the bias. */
interface Part<Value> {
  readonly input: Value;
  readonly weight: Value;
  readonly bias: Value | null;
}

/** The sum over all parts of input * (weight^T s), where s is the relevance over the parts' common sum. */
function share<Value>(
  parts: readonly [Part<Value>, ...Part<Value>[]], relevance: Value, epsilon: number, linear: LinearOperation<Value>, operations: TensorOperations<Value>,
): Value {
  const { add, divide, multiply } = operations;
  const sum = (values: readonly Value[]): Value => values.reduce((total, value) => add(total, value));
  const z = sum(parts.map(({ input, weight, bias }) => linear.forward(input, weight, bias)));
  const s = divide(relevance, stabilised(z, epsilon, operations));
  return sum(parts.map(({ input, weight }) => multiply(input, linear.backward(s, weight))));
}

const positive = <Value>(value: Value, { maximum, constant }: TensorOperations<Value>): Value => maximum(value, constant(0));
const negative = <Value>(value: Value, { minimum, constant }: TensorOperations<Value>): Value => minimum(value, constant(0));

/** w + gamma max(w, 0), or with the negative part. */
const favoured = <Value>(weight: Value, gamma: number, part: typeof positive, operations: TensorOperations<Value>): Value =>
  operations.add(weight, operations.multiply(part(weight, operations), operations.constant(gamma)));

/** As the operation is: Bach et al. 2015, equation 58. */
export const epsilonRule = (epsilon: number): LinearRule => (x, relevance, linear, operations) =>
  share([{ input: x, weight: linear.weight, bias: linear.bias }], relevance, epsilon, linear, operations);

/** Weights w + gamma max(w, 0), for inputs that are not negative: Montavon et al. 2019, table 1. */
export const gammaRule = (gamma: number, epsilon: number): LinearRule => (x, relevance, linear, operations) =>
  share([{ input: x, weight: favoured(linear.weight, gamma, positive, operations), bias: linear.bias }], relevance, epsilon, linear, operations);

/** Positive weights alone, for inputs that are not negative: Montavon et al. 2019, table 1. */
export const alpha1Beta0Rule = (epsilon: number): LinearRule => (x, relevance, linear, operations) =>
  share([{ input: x, weight: positive(linear.weight, operations), bias: linear.bias }], relevance, epsilon, linear, operations);

/** The part of z = x w + b that raises it: x+ w+ + b+ and x- w-. */
function raising<Value>(x: Value, { weight, bias }: LinearOperation<Value>, operations: TensorOperations<Value>): [Part<Value>, Part<Value>] {
  return [
    { input: positive(x, operations), weight: positive(weight, operations), bias: bias === null ? null : positive(bias, operations) },
    { input: negative(x, operations), weight: negative(weight, operations), bias: null },
  ];
}

/** The part that lowers it: x+ w- + b- and x- w+. */
function lowering<Value>(x: Value, { weight, bias }: LinearOperation<Value>, operations: TensorOperations<Value>): [Part<Value>, Part<Value>] {
  return [
    { input: positive(x, operations), weight: negative(weight, operations), bias: bias === null ? null : negative(bias, operations) },
    { input: negative(x, operations), weight: positive(weight, operations), bias: null },
  ];
}

/** What raises z, for inputs of any sign: z+ of Montavon et al. 2017, section 4.1. */
export const zPlusRule = (epsilon: number): LinearRule => (x, relevance, linear, operations) =>
  share(raising(x, linear, operations), relevance, epsilon, linear, operations);

/** alpha of what raises z less beta of what lowers it, each over its own sum: Bach et al. 2015, equation 60. */
export const alphaBetaRule = (alpha: number, beta: number, epsilon: number): LinearRule => (x, relevance, linear, operations) => {
  const { subtract, multiply, constant } = operations;
  const up = share(raising(x, linear, operations), relevance, epsilon, linear, operations);
  const down = share(lowering(x, linear, operations), relevance, epsilon, linear, operations);
  return subtract(multiply(up, constant(alpha)), multiply(down, constant(beta)));
};

/** Gamma for inputs and outputs of any sign: favours what raises a positive z, and what lowers a negative one. Andéol et al. 2021, appendix. */
export const signedGammaRule = (gamma: number, epsilon: number): LinearRule => (x, relevance, linear, operations) => {
  const { add, greater, where, constant } = operations;
  const z = linear.forward(x, linear.weight, linear.bias);
  const [xUp, xDown] = [positive(x, operations), negative(x, operations)];
  const wUp = favoured(linear.weight, gamma, positive, operations);
  const wDown = favoured(linear.weight, gamma, negative, operations);
  const biasOf = (part: typeof positive): typeof z | null => (linear.bias === null ? null : favoured(linear.bias, gamma, part, operations));
  const rising = greater(z, constant(0));
  const above = where(rising, relevance, constant(0));
  const below = where(rising, constant(0), where(greater(constant(0), z), relevance, constant(0)));
  const up = share([{ input: xUp, weight: wUp, bias: biasOf(positive) }, { input: xDown, weight: wDown, bias: null }], above, epsilon, linear, operations);
  const down = share([{ input: xDown, weight: wUp, bias: null }, { input: xUp, weight: wDown, bias: biasOf(negative) }], below, epsilon, linear, operations);
  return add(up, down);
};

/** A value of the shape of another one. */
const filled = <Value>(value: number, like: Value, { add, multiply, constant }: TensorOperations<Value>): Value =>
  add(multiply(like, constant(0)), constant(value));

/** The same share for every input, wherever the pixels are dark or bright: Lapuschkin et al. 2019, supplement. */
export const flatRule = (epsilon: number): LinearRule => (x, relevance, linear, operations) => {
  const weight = filled(1, linear.weight, operations);
  return share([{ input: filled(1, x, operations), weight, bias: null }], relevance, epsilon, linear, operations);
};

/** Shares by squared weights, for inputs of any sign: Montavon et al. 2017, section 4.2. */
export const wSquareRule = (epsilon: number): LinearRule => (x, relevance, linear, operations) => {
  const weight = operations.multiply(linear.weight, linear.weight);
  return share([{ input: filled(1, x, operations), weight, bias: null }], relevance, epsilon, linear, operations);
};

/** For inputs between two bounds: x w - low w+ - high w-, Montavon et al. 2017, section 4.2. */
export const zBoxRule = (low: number, high: number, epsilon: number): LinearRule => (x, relevance, linear, operations) => {
  // The bias would count in all three terms, and cancel.
  return share([
    { input: x, weight: linear.weight, bias: null },
    { input: filled(-low, x, operations), weight: positive(linear.weight, operations), bias: null },
    { input: filled(-high, x, operations), weight: negative(linear.weight, operations), bias: null },
  ], relevance, epsilon, linear, operations);
};

/** x times the derivative of f for R / f(x): the epsilon rule of any operation, exact where f(c x) = c f(x). */
export function proportional<Value>({ inputs, outputs, gradients, derivative }: RuleNode<Value>, epsilon: number, operations: TensorOperations<Value>): readonly (Value | null)[] {
  const s = operations.divide(gradients[0]!, stabilised(outputs[0]!, epsilon, operations));
  return derivative(s).map((result, i) => (result === null ? null : operations.multiply(inputs[i]!, result)));
}

/** A linear rule as the backward rule of an operation with weights. */
export function ruleOf(linearRule: LinearRule): BackwardRule {
  return ({ name, inputs, gradients, linear }, operations) => {
    if (linear === undefined) throw new Error(`internal: ${name} has no weights`);
    return [linearRule(inputs[0]!, gradients[0]!, linear, operations)];
  };
}
