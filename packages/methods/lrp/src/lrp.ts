import {
  defineMethod, gradientAt, INPUT, numberOption, sampleData, zeros, type BackwardRules, type MethodFactory, type ModelAdapter,
  type Objective, type OpKind, type OptionSpec, type Tensor,
} from '@pellucid/core';
import { COMPOSITES, lrpRules, RULES, type LrpRuleSettings } from './rules.ts';
import { startRelevance } from './start-relevance.ts';

/** Which rules pass the relevance on. */
export type LrpOptions = LrpRuleSettings;

/** Relevance at the input, and what it started from. */
interface Passed {
  readonly values: Tensor;
  readonly start: Tensor;
}

/** One of a few names, or none. */
function eitherOption<Choice extends string>(choices: readonly Choice[], description: string): OptionSpec<Choice | undefined> {
  return {
    type: choices.map((choice) => JSON.stringify(choice)).join(' | '), description, default: undefined,
    accepts: (value): value is Choice | undefined => value === undefined || choices.some((choice) => choice === value),
  };
}

const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);

/** Rules are linear in the relevance: that of a logit is the logit times what a relevance of 1 gives, which takes one pass alone. */
async function passLogits(model: ModelAdapter<'gradient' | 'backward-rules'>, input: Tensor, of: Objective, rules: ReturnType<typeof lrpRules>): Promise<Passed> {
  const evaluation = await model.evaluate({ input, gradient: { of, at: [INPUT], rules } });
  const unit = gradientAt(evaluation, INPUT);
  const start = startRelevance(of, evaluation.logits);
  const values = zeros(unit.shape);
  for (let sample = 0; sample < (unit.shape[0] ?? 0); sample++) {
    const logit = total(sampleData(start, sample));
    sampleData(values, sample).set(sampleData(unit, sample).map((value) => value * logit));
  }
  return { values, start };
}

async function passRelevance(model: ModelAdapter<'gradient' | 'backward-rules'>, input: Tensor, objective: Objective, rules: ReturnType<typeof lrpRules>): Promise<Passed> {
  const start = startRelevance(objective, (await model.evaluate({ input })).logits);
  const gradient = { of: { kind: 'cotangent', cotangent: start }, at: [INPUT], rules } as const;
  return { values: gradientAt(await model.evaluate({ input, gradient }), INPUT), start };
}

const rulesFor = (options: LrpOptions, kinds: ReadonlySet<OpKind>): BackwardRules => lrpRules(options, kinds.has('conv') || kinds.has('conv-transpose'));

/**
 * Layer-wise relevance propagation: the score is passed back through the network, every layer shares what arrives among its inputs. The
 * map has the input's shape; its sum is the score less what biases took, which `convergenceDelta` states.
 * @see {@link https://doi.org/10.1371/journal.pone.0130140 | Bach et al. 2015}, and Montavon et al. 2019 for composites
 */
export const lrp: MethodFactory<'gradient' | 'backward-rules', LrpOptions> = defineMethod({
  name: 'lrp',
  title: 'Layer-wise Relevance Propagation',
  paper: {
    authors: 'Bach, Binder, Montavon, Klauschen, Müller, Samek',
    year: 2015,
    title: 'On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation',
    url: 'https://doi.org/10.1371/journal.pone.0130140',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: {
    rule: eitherOption(RULES, 'The same rule for every layer with weights, in place of a composite; none by default.'),
    composite: eitherOption(COMPOSITES, 'Which rule goes to dense layers, to convolutions and to the first layer; epsilon-plus where no rule is named.'),
    epsilon: numberOption(1e-6, 1e-12, 1e6, 'Added to every denominator, with its sign: absorbs weak contributions when large.'),
    gamma: numberOption(0.25, 0, 1e6, 'How much positive contributions are favoured, in the rule and the composites with gamma.'),
    alpha: numberOption(2, 1, 1e6, 'The weight of what raises a value, for the rule alpha-beta.'),
    beta: numberOption(1, 0, 1e6, 'The weight of what lowers a value, alpha - 1, for the rule alpha-beta.'),
    low: numberOption(0, -1e6, 1e6, 'The least value that an input can have, for z-box and epsilon-gamma-box.'),
    high: numberOption(1, -1e6, 1e6, 'The greatest value that an input can have, for z-box and epsilon-gamma-box.'),
  },
  // Composites of one rule alone go by its name already.
  presets: {
    ...Object.fromEntries(RULES.map((rule) => [rule, { rule }])),
    ...Object.fromEntries(COMPOSITES.map((composite) => [composite, { composite }])),
  },
  backwardRules: rulesFor,
  async explain(model, { input, objective }, options) {
    const rules = rulesFor(options, new Set(model.layers.map(({ kind }) => kind)));
    const { values, start } = await (objective.kind === 'logit' ? passLogits : passRelevance)(model, input, objective, rules);
    const convergenceDelta = Array.from({ length: input.shape[0] ?? 0 }, (_, sample) => total(sampleData(values, sample)) - total(sampleData(start, sample)));
    return { values, convergenceDelta };
  },
});
