import type { BackwardRule, BackwardRules, LinearOperation, OpKind, TensorOperations } from '@pellucid/core';

/** a / b where b is positive, 0 elsewhere: units that nothing excites pass nothing on, as the paper's Z = 0. */
function overPositive<Value>(a: Value, b: Value, { greater, divide, where, constant }: TensorOperations<Value>): Value {
  const excited = greater(b, constant(0));
  return where(excited, divide(a, where(excited, b, constant(1))), constant(0));
}

const positive = <Value>(value: Value, { maximum, constant }: TensorOperations<Value>): Value => maximum(value, constant(0));
const negative = <Value>(value: Value, { minimum, constant }: TensorOperations<Value>): Value => minimum(value, constant(0));

/**
 * P(a_j) = sum_i a_j w+_ij / Z_i P(a_i), where Z_i sums a_j w+_ij: equations 3 and 5. Negative values, such as pixels, excite through negative
 * weights. Biases take no part.
 */
function excite<Value>(x: Value, arriving: Value, { weight, forward, backward }: LinearOperation<Value>, operations: TensorOperations<Value>): Value {
  const { add, multiply } = operations;
  const [xUp, xDown] = [positive(x, operations), negative(x, operations)];
  const [wUp, wDown] = [positive(weight, operations), negative(weight, operations)];
  const s = overPositive(arriving, add(forward(xUp, wUp, null), forward(xDown, wDown, null)), operations);
  return add(multiply(xUp, backward(s, wUp)), multiply(xDown, backward(s, wDown)));
}

/** Of the classifier, the contrastive form subtracts what excites the dual unit, which has its weights with the other sign: section 3.3. */
const weighted = (contrastive: boolean): BackwardRule => ({ name, inputs, gradients, linear, isLast }, operations) => {
  if (linear === undefined) throw new Error(`internal: ${name} has no weights`);
  const [x, arriving] = [inputs[0]!, gradients[0]!];
  const winners = excite(x, arriving, linear, operations);
  if (!contrastive || !isLast) return [winners];
  return [operations.subtract(winners, excite(x, arriving, { ...linear, weight: operations.negate(linear.weight) }, operations))];
};

/** Sums of several units share by their positive parts; a constant that is added is a bias. */
const sum: BackwardRule = ({ inputs, gradients, wanted }, operations) => {
  if (wanted.filter(Boolean).length < 2) return wanted.map((flows) => (flows ? gradients[0]! : null));
  const parts = inputs.map((input) => positive(input, operations));
  const s = overPositive(gradients[0]!, parts.reduce((total, part) => operations.add(total, part)), operations);
  return parts.map((part, i) => (wanted[i] === true ? operations.multiply(part, s) : null));
};

/** Means and resizing: shares in proportion to what each value adds. */
const average: BackwardRule = ({ inputs, outputs, gradients, derivative }, operations) => {
  const s = overPositive(gradients[0]!, outputs[0]!, operations);
  return derivative(s).map((result, i) => (result === null ? null : operations.multiply(positive(inputs[i]!, operations), result)));
};

/** A gate scales a unit and is none itself, unless both factors come from the input: then each gets half. */
const product: BackwardRule = ({ inputs, gradients, wanted }, { multiply, constant }) => {
  const both = wanted[0] === true && wanted[1] === true;
  return inputs.map((_, i) => (wanted[i] === true ? (both ? multiply(gradients[0]!, constant(0.5)) : gradients[0]!) : null));
};

/** A divisor is a scale, too: what stands above it gets all, where it comes from the input. */
const quotient: BackwardRule = ({ inputs, gradients, wanted }, { multiply, constant }) => {
  const [above, below] = wanted;
  return inputs.map((_, i) => {
    if (wanted[i] !== true) return null;
    return above === true && below === true && i === 1 ? multiply(gradients[0]!, constant(0)) : gradients[0]!;
  });
};

const pass: BackwardRule = ({ gradients }) => [gradients[0]!];
const winner: BackwardRule = ({ derivative }) => derivative();

const PASSING: readonly OpKind[] = [
  'activation', 'batch-norm', 'clip', 'elu', 'gelu', 'hard-sigmoid', 'hard-swish', 'instance-norm', 'layer-norm', 'leaky-relu', 'mish', 'prelu', 'relu', 'selu',
  'sigmoid', 'softplus', 'swish', 'tanh',
];

const rulesOf = (name: string, linear: BackwardRule): BackwardRules => ({
  name,
  mergeBatchNorm: true,
  rules: {
    ...Object.fromEntries(PASSING.map((kind) => [kind, pass])),
    'conv': linear, 'conv-transpose': linear, 'dense': linear,
    'add': sum,
    'average-pool': average, 'global-average-pool': average, 'reduce': average, 'resize': average,
    'multiply': product, 'divide': quotient,
    'max-pool': winner, 'global-max-pool': winner,
  },
});

/** Excitation backprop: marginal winning probabilities instead of gradients. Batch normalisation is merged into the layer before it first. */
export const excitationBackpropRules: BackwardRules = rulesOf('excitation-backprop', weighted(false));

/** The contrastive form: what excites the class less what excites its dual, which has the negated weights of the last layer. */
export const contrastiveExcitationBackpropRules: BackwardRules = rulesOf('contrastive-excitation-backprop', weighted(true));
