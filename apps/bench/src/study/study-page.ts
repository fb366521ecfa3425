import { lineChart } from '../report/charts.ts';
import { captionedTable, html, type Markup } from '../report/markup.ts';
import { STYLE } from '../report/style.ts';
import type { StudyResult, StudyRow } from './study.ts';
import { AVERAGINGS, type Factor, type StudyConfiguration } from './study-configuration.ts';

const FACTOR_TEXT: Readonly<Record<Factor, string>> = {
  seed: 'other initial weights and another order of the images', initialisation: 'other initial weights, the same order', order: 'the same initial weights, another order',
};

/** A measure of variation as it is shown. */
interface Measure {
  readonly key: 'relativeDeviation' | 'rankCorrelation' | 'sharedTop';
  readonly title: string;
}

const MEASURES: readonly Measure[] = [
  { key: 'relativeDeviation', title: 'Relative deviation of a pixel' },
  { key: 'rankCorrelation', title: 'Rank correlation of two maps' },
  { key: 'sharedTop', title: 'Share of the top tenth in common' },
];

/** Lines over batch sizes, one per averaging. */
function chart(results: readonly StudyResult[], { key, title }: Measure): Markup {
  const sizes = [...new Set(results.map(({ batchSize }) => batchSize))].sort((a, b) => a - b);
  const lines = AVERAGINGS.map((averaging) => ({
    name: averaging.replace('-', ' '),
    values: sizes.map((size) => results.find((result) => result.batchSize === size && result.averaging === averaging)?.[key] ?? null),
  }));
  return lineChart(lines, sizes.map(String), { horizontal: 'batch size', vertical: title }, `${title}, by batch size and averaging; the table has the numbers`);
}

function section(factor: Factor, results: readonly StudyResult[]): Markup {
  const found = results.filter((result) => result.factor === factor);
  const lines = found.map(({ batchSize, averaging, repeats, relativeDeviation, rankCorrelation, sharedTop }) =>
    [batchSize, averaging.replace('-', ' '), repeats, relativeDeviation.toFixed(3), rankCorrelation.toFixed(3), sharedTop.toFixed(3)]);
  const title = FACTOR_TEXT[factor];
  return html`<h2>${title[0]?.toUpperCase() ?? ''}${title.slice(1)}</h2>
${MEASURES.map((measure) => html`<figure>${chart(found, measure)}</figure>`)}
${captionedTable(['batch size', 'averaged over', 'trainings', ...MEASURES.map(({ title }) => title.toLowerCase())], lines, { caption: `Maps of trainings with ${FACTOR_TEXT[factor]}.`, heads: 2 })}`;
}

/** The page of a study: plots and tables of how much accumulated gradients vary. Loads nothing. */
export function studyPage({ data, recipe, factors }: StudyConfiguration, results: readonly StudyResult[], rows: readonly StudyRow[]): string {
  const accuracies = rows.map(({ factor, batchSize, repeat, accuracy, seconds }) => [factor, batchSize, repeat, accuracy.toFixed(2), seconds.toFixed(1)]);
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Variation of accumulated gradients</title><link rel="icon" href="data:,"><style>${{ html: STYLE }}</style></head>
<body><header><h1>Variation of accumulated gradients</h1></header><main><p>${recipe.network} (width ${recipe.width}) on ${data.trainImages} images of ${data.name}, ${recipe.epochs} epochs, learning rate ${recipe.learningRate}. Each group of trainings
differs in one thing; the maps are the mean absolute gradients of the sum of logits before each step, over the last batch, the last epoch or all epochs, each as shares of its sum.</p>
${factors.map((factor) => section(factor, results))}
<h2>Trainings</h2>${captionedTable(['varied', 'batch size', 'training', 'accuracy, %', 'seconds'], accuracies, { caption: 'Every network that was trained.' })}</main></body></html>`;
  return page.html;
}
