import type { BackwardRule, BackwardRules, TensorOperations } from '../model/backward-rules.ts';

/** Below this change of its input a piecewise linear activation takes its derivative: the quotient would be 0/0. */
const NO_CHANGE = 1e-10;
/** Curved activations earlier: the quotient of two rounded numbers is worse than the mean of the slopes at both ends. */
const SMALL_CHANGE = 1e-3;

/** The mean of what the sample and its baseline have, for both. */
function shareMean<Value>(value: Value, { halves, join, add, multiply, constant }: TensorOperations<Value>): Value {
  const [here, there] = halves(value);
  const mean = multiply(add(here, there), constant(0.5));
  return join(mean, mean);
}

/** g (y - y0) / (x - x0), value by value: the Rescale rule, section 3.5.1. Where x barely changes, the mean of the slopes at both. */
function rescaled<Value>(
  x: Value, y: Value, gradient: Value, derivative: Value, least: number, operations: TensorOperations<Value>,
): Value {
  const { halves, join, add, subtract, multiply, divide, greater, absolute, where, constant } = operations;
  const [xHere, xThere] = halves(x);
  const [yHere, yThere] = halves(y);
  const change = subtract(xHere, xThere);
  const still = greater(constant(least), absolute(change));
  // Where nothing changes the quotient is not taken: 1 keeps it finite, and a sum costs less than a choice.
  const multiplier = divide(subtract(yHere, yThere), add(change, where(still, constant(1), constant(0))));
  const [arriving] = halves(gradient);
  const [slope] = halves(shareMean(derivative, operations));
  const result = where(still, slope, multiply(arriving, multiplier));
  return join(result, result);
}

const rescale = (least: number): BackwardRule => ({ inputs, outputs, gradients, derivative, secant }, operations) => {
  const quotient = secant?.() ?? null;
  if (quotient !== null) {
    const result = operations.multiply(operations.halves(gradients[0]!)[0], quotient);
    return [operations.join(result, result)];
  }
  const slope = derivative()[0] ?? null;
  return [slope === null ? null : rescaled(inputs[0]!, outputs[0]!, gradients[0]!, slope, least, operations)];
};

/** Rescale, less its mean over the scores of the sample, so that a shift of all scores gets nothing: section 3.6. */
const softmax: BackwardRule = ({ inputs, outputs, gradients, derivative }, operations) => {
  const slope = derivative()[0] ?? null;
  if (slope === null) return [null];
  const result = rescaled(inputs[0]!, outputs[0]!, gradients[0]!, slope, SMALL_CHANGE, operations);
  return [operations.subtract(result, operations.meanPerSample(result))];
};

/**
 * The change of the maximum from y0 to y goes over max(y, y0): up to there through the value that was the baseline's maximum, from there
 * through the sample's, each at the place where it stands. Both shares are at most the change at their place, so that the quotient is tame.
 */
const maxPool: BackwardRule = ({ inputs, outputs, gradients, derivative }, operations) => {
  const { halves, join, subtract, multiply, divide, add, maximum, greater, absolute, where, constant } = operations;
  const [xHere, xThere] = halves(inputs[0]!);
  const [yHere, yThere] = halves(outputs[0]!);
  const [arriving] = halves(gradients[0]!);
  const top = maximum(yHere, yThere);
  const shares = join(multiply(arriving, subtract(top, yThere)), multiply(arriving, subtract(yHere, top)));
  const placed = derivative(shares)[0] ?? null;
  if (placed === null) return [null];
  const [fromHere, fromThere] = halves(placed);
  const change = subtract(xHere, xThere);
  const still = greater(constant(NO_CHANGE), absolute(change));
  // No more of the share of a value than of its change: where that is nothing, so is the share.
  const result = divide(add(fromHere, fromThere), add(change, where(still, constant(1), constant(0))));
  return [join(result, result)];
};

/** d(a b) = da (b + b0)/2 + db (a + a0)/2, exactly: the mean of the derivatives at both. Linear where one factor alone changes. */
const product: BackwardRule = ({ wanted, derivative }, operations) => {
  const results = derivative();
  if (wanted.filter(Boolean).length < 2) return results;
  return results.map((result) => (result === null ? null : shareMean(result, operations)));
};

/** a / b as the product of a and 1/b, whose change is -(b - b0) / (b b0). */
const quotient: BackwardRule = ({ inputs, gradients, wanted, derivative }, operations) => {
  if (wanted[1] !== true) return derivative();
  const { halves, join, multiply, divide, add, negate, constant } = operations;
  const [arriving] = halves(gradients[0]!);
  const [bHere, bThere] = halves(inputs[1]!);
  const both = multiply(bHere, bThere);
  const inverse = divide(multiply(add(bHere, bThere), constant(0.5)), both);
  const toNumerator = multiply(arriving, inverse);
  // A numerator that does not change may lack the batch axis.
  const [aHere, aThere] = wanted[0] === true ? halves(inputs[0]!) : [inputs[0]!, inputs[0]!];
  const toDivisor = negate(divide(multiply(arriving, multiply(add(aHere, aThere), constant(0.5))), both));
  return [wanted[0] === true ? join(toNumerator, toNumerator) : null, join(toDivisor, toDivisor)];
};

const bent = rescale(NO_CHANGE);
const curved = rescale(SMALL_CHANGE);

/** DeepLIFT with the Rescale rule, over a batch of samples and then their baselines. */
export const deepLiftRules: BackwardRules = {
  name: 'deep-lift-rescale',
  paired: true,
  rules: {
    'clip': bent, 'hard-sigmoid': bent, 'leaky-relu': bent, 'prelu': bent, 'relu': bent,
    'activation': curved, 'elu': curved, 'gelu': curved, 'hard-swish': curved, 'mish': curved, 'selu': curved, 'sigmoid': curved,
    'softplus': curved, 'swish': curved, 'tanh': curved,
    'max-pool': maxPool, 'global-max-pool': maxPool,
    'multiply': product, 'matmul': product, 'divide': quotient,
    softmax,
  },
};
