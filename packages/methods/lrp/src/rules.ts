import { PellucidError, type BackwardRule, type BackwardRules, type OpKind } from '@pellucid/core';
import {
  alpha1Beta0Rule, alphaBetaRule, epsilonRule, flatRule, gammaRule, proportional, ruleOf, signedGammaRule, wSquareRule, zBoxRule, zPlusRule,
} from './linear-rules.ts';

/** Which rule goes where: the names say the rule of dense layers, of convolutions, and of the first layer. */
export type Composite =
  | 'epsilon' | 'gamma' | 'alpha1-beta0' | 'z-plus'
  | 'epsilon-plus' | 'epsilon-plus-flat' | 'epsilon-plus-w-square'
  | 'epsilon-alpha2-beta1' | 'epsilon-alpha2-beta1-flat' | 'epsilon-gamma-box';

/** All composites. */
export const COMPOSITES: readonly Composite[] = [
  'epsilon', 'gamma', 'alpha1-beta0', 'z-plus', 'epsilon-plus', 'epsilon-plus-flat', 'epsilon-plus-w-square', 'epsilon-alpha2-beta1',
  'epsilon-alpha2-beta1-flat', 'epsilon-gamma-box',
];

/** One rule for every layer with weights. */
export type Rule = 'epsilon' | 'gamma' | 'alpha-beta' | 'z-plus' | 'z-box' | 'flat' | 'w-square';

/** All rules. */
export const RULES: readonly Rule[] = ['epsilon', 'gamma', 'alpha-beta', 'z-plus', 'z-box', 'flat', 'w-square'];

/** A rule or a composite, and its numbers. */
export interface LrpRuleSettings {
  /** The same rule everywhere, in place of a composite; `z-box`, which is for pixels, at the first layer, with z+ behind it. */
  readonly rule: Rule | undefined;
  /** Which rule goes where. @defaultValue 'epsilon-plus', where no rule is named */
  readonly composite: Composite | undefined;
  /** Added to every denominator, with its sign. */
  readonly epsilon: number;
  /** How much positive contributions are favoured, in the rule and the composites with gamma. */
  readonly gamma: number;
  /** The weight of what raises a value, for the rule `alpha-beta`. */
  readonly alpha: number;
  /** The weight of what lowers a value, alpha - 1. */
  readonly beta: number;
  /** The least value that an input can have, for the box. */
  readonly low: number;
  /** The greatest. */
  readonly high: number;
}

/** The rules of the operations with weights, by their place. */
interface WeightedRules {
  readonly conv: BackwardRule;
  readonly dense: BackwardRule;
  /** The first layer, where it has a rule of its own. */
  readonly firstConv?: BackwardRule;
  readonly firstDense?: BackwardRule;
}

/** One rule at all layers, but that for pixels: Deep Taylor decomposition has z+ behind it, Montavon et al. 2017, section 4. */
function uniformRules(rule: Rule, { epsilon, gamma, alpha, beta, low, high }: LrpRuleSettings): WeightedRules {
  if (rule === 'z-box') {
    const [box, plus] = [ruleOf(zBoxRule(low, high, epsilon)), ruleOf(zPlusRule(epsilon))];
    return { conv: plus, dense: plus, firstConv: box, firstDense: box };
  }
  const linear = {
    'epsilon': epsilonRule(epsilon), 'gamma': signedGammaRule(gamma, epsilon), 'alpha-beta': alphaBetaRule(alpha, beta, epsilon), 'z-plus': zPlusRule(epsilon),
    'flat': flatRule(epsilon), 'w-square': wSquareRule(epsilon),
  }[rule];
  return { conv: ruleOf(linear), dense: ruleOf(linear) };
}

function compositeRules(composite: Composite, { epsilon, gamma, low, high }: LrpRuleSettings): WeightedRules {
  const plain = ruleOf(epsilonRule(epsilon));
  const plus = ruleOf(zPlusRule(epsilon));
  const flat = ruleOf(flatRule(epsilon));
  const squared = ruleOf(wSquareRule(epsilon));
  const alphaBeta = ruleOf(alphaBetaRule(2, 1, epsilon));
  switch (composite) {
    case 'epsilon':
      return { conv: plain, dense: plain };
    case 'gamma':
      return { conv: ruleOf(gammaRule(gamma, epsilon)), dense: plain };
    case 'alpha1-beta0':
      return { conv: ruleOf(alpha1Beta0Rule(epsilon)), dense: plain };
    case 'z-plus':
      return { conv: plus, dense: plus };
    case 'epsilon-plus':
      return { conv: plus, dense: plain };
    case 'epsilon-plus-flat':
      return { conv: plus, dense: plain, firstConv: flat, firstDense: flat };
    case 'epsilon-plus-w-square':
      return { conv: plus, dense: plain, firstConv: squared, firstDense: squared };
    case 'epsilon-alpha2-beta1':
      return { conv: alphaBeta, dense: plain };
    case 'epsilon-alpha2-beta1-flat':
      return { conv: alphaBeta, dense: plain, firstConv: flat, firstDense: flat };
    case 'epsilon-gamma-box':
      return { conv: ruleOf(signedGammaRule(gamma, epsilon)), dense: plain, firstConv: ruleOf(zBoxRule(low, high, epsilon)) };
  }
}

/** Each value keeps its relevance: activations, and normalisations that were not merged. */
const pass: BackwardRule = ({ gradients }) => [gradients[0]!];

/** A product of two factors that both depend on the input gives half to each: Achtibat et al. 2024, section 3.3. */
const product: BackwardRule = ({ gradients, inputs, wanted }, { multiply, constant }) => {
  const both = wanted[0] === true && wanted[1] === true;
  const part = both ? multiply(gradients[0]!, constant(0.5)) : gradients[0]!;
  return inputs.map(() => part);
};

/** The numerator has what there is to attribute; a divisor that depends on the input only scales. */
const quotient: BackwardRule = ({ gradients, wanted }) => (wanted[0] === true ? [gradients[0]!, null] : [null, gradients[0]!]);

const winner: BackwardRule = ({ derivative }) => derivative();

const PASSING: readonly OpKind[] = [
  'activation', 'batch-norm', 'clip', 'elu', 'gelu', 'hard-sigmoid', 'hard-swish', 'instance-norm', 'layer-norm', 'leaky-relu', 'mish', 'prelu',
  'relu', 'selu', 'sigmoid', 'softplus', 'swish', 'tanh',
];

/** Sums and means: shares in proportion to what each value adds. */
const SUMMING: readonly OpKind[] = ['add', 'average-pool', 'global-average-pool', 'reduce', 'resize', 'subtract'];

/** How far alpha - beta may be from 1: decimal fractions are rounded. */
const ROUNDING = 1e-9;

/** @throws OPTION_INVALID for settings that contradict each other. */
function checkSettings({ rule, composite, alpha, beta }: LrpRuleSettings): void {
  if (rule !== undefined && composite !== undefined) {
    throw new PellucidError('OPTION_INVALID', { option: 'composite', name: 'lrp', expected: `nothing beside the rule \`${rule}\``, actual: composite });
  }
  if (rule === 'alpha-beta' && Math.abs(alpha - beta - 1) > ROUNDING) {
    throw new PellucidError('OPTION_INVALID', { option: 'beta', name: 'lrp', expected: `alpha - 1 = ${alpha - 1}, so that relevance is conserved`, actual: beta });
  }
}

/**
 * The rules of a composite, or of one rule everywhere. Batch normalisation is merged into the layer before it first.
 * @param convolutional - whether the model has convolutions: the composites `gamma` and `alpha1-beta0` apply to dense layers in one that has none
 * @throws OPTION_INVALID for a rule beside a composite, and where alpha - beta is not 1.
 */
export function lrpRules(settings: LrpRuleSettings, convolutional: boolean): BackwardRules {
  checkSettings(settings);
  const { rule, composite = 'epsilon-plus', epsilon, gamma, alpha, beta, low, high } = settings;
  const weighted = rule === undefined ? compositeRules(composite, settings) : uniformRules(rule, settings);
  const ownDense = rule === undefined && !convolutional && (composite === 'gamma' || composite === 'alpha1-beta0');
  const dense = ownDense ? weighted.conv : weighted.dense;
  const spread: BackwardRule = (node, operations) => proportional(node, epsilon, operations);
  const conv: BackwardRule = (node, operations) => ((node.isFirst ? weighted.firstConv : undefined) ?? weighted.conv)(node, operations);
  return {
    name: `lrp ${JSON.stringify([rule ?? null, composite, epsilon, gamma, alpha, beta, low, high, ownDense])}`,
    mergeBatchNorm: true,
    rules: {
      ...Object.fromEntries(PASSING.map((kind) => [kind, pass])),
      ...Object.fromEntries(SUMMING.map((kind) => [kind, spread])),
      conv,
      'conv-transpose': conv,
      'dense': (node, operations) => ((node.isFirst ? weighted.firstDense : undefined) ?? dense)(node, operations),
      'matmul': (node, operations) => {
        const shares = spread(node, operations);
        const both = node.wanted[0] === true && node.wanted[1] === true;
        return both ? shares.map((part) => (part === null ? null : operations.multiply(part, operations.constant(0.5)))) : shares;
      },
      'multiply': product,
      'divide': quotient,
      'max-pool': winner,
      'global-max-pool': winner,
    },
  };
}
