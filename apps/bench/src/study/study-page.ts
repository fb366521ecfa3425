import { init } from 'echarts';
import { html, table, type Markup } from '../report/markup.ts';
import type { StudyResult, StudyRow } from './study.ts';
import { AVERAGINGS, type Factor, type StudyConfiguration } from './study-configuration.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}
th[scope=row],thead th:first-child{text-align:left}figure{margin:1rem 0;overflow-x:auto}figcaption{color:#555}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}figure{background:#fff}figcaption{color:#bbb}th,td{border-color:#444}}`;

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

/** Lines over batch sizes, one per averaging, as SVG. */
function chart(results: readonly StudyResult[], { key, title }: Measure): Markup {
  const sizes = [...new Set(results.map(({ batchSize }) => batchSize))].sort((a, b) => a - b);
  const plot = init(null, null, { renderer: 'svg', ssr: true, width: 640, height: 300 });
  plot.setOption({
    animation: false, title: { text: title, left: 'center', textStyle: { fontSize: 14 } }, legend: { bottom: 0 }, grid: { left: 60, right: 20, top: 40, bottom: 70 },
    xAxis: { type: 'category', name: 'batch size', nameLocation: 'middle', nameGap: 26, data: sizes.map(String) }, yAxis: { type: 'value', scale: true },
    series: AVERAGINGS.map((averaging) => ({
      type: 'line', name: averaging.replace('-', ' '),
      data: sizes.map((size) => results.find((result) => result.batchSize === size && result.averaging === averaging)?.[key] ?? null),
    })),
  });
  const svg = plot.renderToSVGString();
  plot.dispose();
  return { html: svg.replace('<svg ', `<svg role="img" aria-label="${title}, by batch size and averaging; the table has the numbers" `) };
}

function section(factor: Factor, results: readonly StudyResult[]): Markup {
  const found = results.filter((result) => result.factor === factor);
  const lines = found.map(({ batchSize, averaging, repeats, relativeDeviation, rankCorrelation, sharedTop }) =>
    [batchSize, averaging.replace('-', ' '), repeats, relativeDeviation.toFixed(3), rankCorrelation.toFixed(3), sharedTop.toFixed(3)]);
  return html`<h2>${FACTOR_TEXT[factor]}</h2>
${MEASURES.map((measure) => html`<figure>${chart(found, measure)}</figure>`)}
${table(['batch size', 'averaged over', 'trainings', ...MEASURES.map(({ title }) => title.toLowerCase())], lines, 2)}`;
}

/** The page of a study: plots and tables of how much accumulated gradients vary. Loads nothing. */
export function studyPage({ data, recipe, factors }: StudyConfiguration, results: readonly StudyResult[], rows: readonly StudyRow[]): string {
  const accuracies = rows.map(({ factor, batchSize, repeat, accuracy, seconds }) => [factor, batchSize, repeat, accuracy.toFixed(2), seconds.toFixed(1)]);
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Variation of accumulated gradients</title><style>${{ html: STYLE }}</style></head><body><main><h1>Variation of accumulated gradients</h1>
<p>${recipe.network} (width ${recipe.width}) on ${data.trainImages} images of ${data.name}, ${recipe.epochs} epochs, learning rate ${recipe.learningRate}. Each group of trainings
differs in one thing; the maps are the mean absolute gradients of the sum of logits before each step, over the last batch, the last epoch or all epochs, each as shares of its sum.</p>
${factors.map((factor) => section(factor, results))}
<h2>Trainings</h2>${table(['varied', 'batch size', 'training', 'accuracy, %', 'seconds'], accuracies, 1)}</main></body></html>`;
  return page.html;
}
