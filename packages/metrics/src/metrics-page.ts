import type { MetricCategory, MetricDescription, MetricNeed, OptionSpec } from '@pellucid/core';
import * as exported from './index.ts';
import { karDescription, roarDescription } from './remove-and-retrain/description.ts';

/** A metric's factory, as far as the page reads it. */
interface Described extends MetricDescription {
  readonly options: Readonly<Record<string, OptionSpec<unknown>>>;
}

const CATEGORIES: Readonly<Record<MetricCategory, string>> = {
  faithfulness: 'Faithfulness', robustness: 'Robustness', localisation: 'Localisation', complexity: 'Complexity', randomisation: 'Randomisation', axiom: 'Axioms', retraining: 'Retraining',
};

const NEEDS: Readonly<Record<MetricNeed, string>> = {
  activations: 'the capability `activations`', explanation: '`explain`', references: '`references`', twin: '`twin`', weights: 'the capability `parameters`',
};

/** Where Quantus 0.6 computes something else than its definition, and what ours gives. */
const DEFECTS: readonly (readonly [metric: string, defect: string, ours: string])[] = [
  ['all', 'maps are divided by the largest value of the batch: a score depends on the other samples', 'no map is normalised; every metric is scored alone, in other batches and in any memory, on formulas and on both engines'],
  ['all', '`evaluate` prints what a metric throws and goes on; options leak from one metric to the next', 'errors are thrown; a configured metric keeps its options'],
  ['`monotonicity-arya`', 'replaces the baseline by the baseline: every image is the same', 'groups of the image come back; 1 for the true map of a linear model, 0 for the opposite'],
  ['`road`', 'fails for images of several channels with maps of one; aggregates the first batch alone; pytorch-grad-cam removes more than asked where values tie at 0', 'all channels of a pixel go together; exactly the share goes, whatever the ties'],
  ['`irof`', 'the first interval is missing from the area: a constant model scores 1', 'a constant model scores 0'],
  ['`sensitivity-n`', 'correlates over samples, those of the first batch', 'correlates over random subsets, each sample by itself, as in the paper'],
  ['`completeness`', 'asks for exact equality, of normalised maps', 'the relative gap, 0 up to a tolerance'],
  ['`pointing-game`', 'an empty mask is a hit', 'NaN'],
  ['`energy-inside`', 'the size of the image is that of `x_batch[2:]`, 0 for batches of two', 'the size of the image'],
  ['`model-parameter-randomisation`', 'PyTorch: every layer gets the same seed; TensorFlow: only the first axis is permuted; the average counts the model as it is', 'every tensor has random numbers of its own, in every axis; the model as it is does not count'],
];

const optionText = ([name, { default: fallback }]: [string, OptionSpec<unknown>]): string =>
  `\`${name}\`${fallback === undefined ? '' : ` (${JSON.stringify(fallback).replaceAll('"', '')})`}`;
const bound = (value: number): string => (Number.isFinite(value) ? String(value).replace('-', '−') : 'no bound');

/** @throws Error for a metric whose card is not complete. */
function required<Value>(value: Value | undefined, metric: string, part: string): Value {
  if (value === undefined) throw new Error(`internal: the card of ${metric} has no ${part}`);
  return value;
}

function card({ name, title, direction, equation, range, cost, noScore, limits, paper, needsMask, needs = [], curve, options }: Described): string {
  const [least, greatest] = required(range, name, 'range');
  const wanted = [...(needsMask ? ['`masks`'] : []), ...needs.map((need) => NEEDS[need])];
  const listed = Object.entries(options).map(optionText);
  return [
    `### \`${name}\`: ${title}`,
    '',
    `- **Definition.** ${required(equation, name, 'equation')}`,
    `- **Direction and range.** ${direction === 'higher' ? 'Higher' : 'Lower'} is better; ${bound(least)} to ${bound(greatest)}.`,
    ...(noScore === undefined ? [] : [`- **No score (NaN).** ${noScore}`]),
    `- **Cost.** ${required(cost, name, 'cost')}`,
    ...(wanted.length === 0 ? [] : [`- **Needs.** ${wanted.join(', ')}.`]),
    ...(curve === undefined ? [] : [`- **Curve.** ${curve.vertical}, over the ${curve.horizontal}.`]),
    ...(listed.length === 0 ? [] : [`- **Options (defaults).** ${listed.join(', ')}.`]),
    `- **What it cannot tell.** ${required(limits, name, 'limits')}`,
    `- **Source.** ${paper.authors} ${paper.year}, [${paper.title}](${paper.url}).`,
    '',
  ].join('\n');
}

/** Every metric that this package exports. */
export function allMetrics(): readonly Described[] {
  return Object.values(exported).filter((value): value is typeof value & Described => typeof value === 'function' && 'category' in value);
}

/** The page `docs/metrics.md`: the card of every metric, from what hangs on its factory. */
export function metricsPage(): string {
  const metrics = [...allMetrics(), karDescription, roarDescription].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sections = Object.entries(CATEGORIES).flatMap(([category, heading]) => [
    `## ${heading}`, '', ...metrics.filter((metric) => metric.category === category).map(card),
  ]);
  return [
    '---', 'title: All metrics', 'group: Compare', '---', '',
    '# All metrics',
    '',
    'Written by `npm run docs:pages` from what hangs on the factories of `@pellucid/metrics`. A score belongs to one sample: it never depends on the others of the batch.',
    '**NaN means that a sample has no score**: leave it out of means, and say of how many samples there is one. *a* is the map, *x* the sample, *f* the logit of the',
    'target unless an option says otherwise; channels of a map are added up; `abs` is the magnitude, a⁺ the positive part. What a metric needs beyond maps and the',
    'output of the model is a part of the subject (`masks`, `explain`, `references`, `twin`) or a capability of the model. Costs are per sample. Retraining asks for the maps',
    'of all images, and for a function that trains.',
    '',
    ...sections,
    '## Where others differ',
    '',
    'Scores agree with Quantus 0.6 and Captum where those compute what they define (`tools/reference/write_metric_references.py`). Where they do not, the tests of',
    '`packages/metrics` hold ours to the definition:',
    '',
    '| metric | Quantus 0.6 | here |', '|---|---|---|',
    ...DEFECTS.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}
