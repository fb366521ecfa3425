import type { BackwardRule, BackwardRules, OpKind } from '@pellucid/core';

/** Each value keeps what it has. */
const pass: BackwardRule = ({ gradients }) => [gradients[0]!];

/** What arrives is shared in proportion to what each operand adds, constants included. */
const share: BackwardRule = ({ inputs, outputs, gradients, derivative }, { multiply, divide, add, where, greater, constant }) => {
  const z = outputs[0]!;
  const s = divide(gradients[0]!, add(z, where(greater(constant(0), z), constant(-0.01), constant(0.01))));
  return derivative(s).map((result, i) => (result === null ? null : multiply(inputs[i]!, result)));
};

/** Two factors that depend on the input get half each. */
const product: BackwardRule = ({ gradients, inputs, wanted }, { multiply, constant }) => {
  const part = wanted[0] === true && wanted[1] === true ? multiply(gradients[0]!, constant(0.5)) : gradients[0]!;
  return inputs.map(() => part);
};

const PASSING: readonly OpKind[] = ['activation', 'clip', 'gelu', 'hard-sigmoid', 'hard-swish', 'instance-norm', 'layer-norm', 'mish', 'sigmoid', 'softplus', 'swish', 'tanh'];
const SHARING: readonly OpKind[] = ['add', 'conv', 'dense', 'reduce', 'subtract'];

/** Rules that tell an operator from the arithmetic that computes the same: relevance that is passed, or shared with the constants in it. */
export const relevanceRules: BackwardRules = {
  name: 'relevance',
  rules: {
    ...Object.fromEntries(PASSING.map((kind) => [kind, pass])),
    ...Object.fromEntries(SHARING.map((kind) => [kind, share])),
    multiply: product,
    divide: ({ gradients, wanted }) => (wanted[0] === true ? [gradients[0]!, null] : [null, gradients[0]!]),
  },
};
