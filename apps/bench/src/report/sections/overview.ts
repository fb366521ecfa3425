import { colourScale } from '@pellucid/render';
import type { AnalysedScope, Analysis } from '../../analysis/analyse.ts';
import { countStandings, describeScope, formatEstimate, formatInterval, standingSign, whyNothingIsSignificant, withDirection } from '../describe.ts';
import { captionedTable, html, type Cell, type Markup } from '../markup.ts';

const colours = colourScale('cividis');

/** The colour of a rank, from the best to the last, and the text colour that can be read on it. */
function shade(rank: number, methods: number): string {
  const [red, green, blue] = colours(1 - (rank - 1) / Math.max(1, methods - 1));
  const linear = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return `background:rgb(${Math.round(red)},${Math.round(green)},${Math.round(blue)});color:${luminance > 0.179 ? '#000' : '#fff'}`;
}

function heatMap(scope: AnalysedScope): Markup {
  const { tables, overall, overallMetrics } = scope;
  const rows = overall.map(({ method, rank, ci95, metrics }) => [
    method,
    { content: html`${rank.toFixed(1)} <small>${formatInterval(ci95, (value) => value.toFixed(1))}${metrics < overallMetrics.length ? ` of ${metrics}` : ''}</small>` },
    ...tables.map(({ ranking, standings }): Cell => {
      const own = ranking.ranks.get(method);
      if (own === undefined) return { content: html`<span aria-label="no score">–</span>` };
      return { content: `${own.rank % 1 === 0 ? own.rank : own.rank.toFixed(1)}${standingSign(standings.get(method)).replace('≈', '')}`, style: shade(own.rank, ranking.ranks.size) };
    }),
  ]);
  return html`<h3>${describeScope(scope)}</h3>
${captionedTable(['method', 'mean rank', ...tables.map(({ table: { metric } }) => withDirection(metric))], rows, {
    caption: `Ranks on ${describeScope(scope)}; 1 is the best. Mean rank over ${overallMetrics.join(', ')}, with its 95 % interval.`,
    tableClass: 'heat', rowClass: (row) => (overall[row]!.control ? 'control' : ''),
  })}`;
}

function findings(scope: AnalysedScope, level: number): Markup {
  const lines = scope.tables.map((analysed) => {
    const { metric, entries } = analysed.table;
    const sorted = [...entries].sort((a, b) => (metric.direction === 'higher' ? b.value - a.value : a.value - b.value));
    const { methods, above, belowRandom } = countStandings(analysed);
    const [best, worst] = [sorted[0]!, sorted[sorted.length - 1]!];
    const controls = entries.filter(({ control }) => control).length;
    const tooFew = whyNothingIsSignificant(analysed, level);
    return [
      withDirection(metric), ...[metric.category, `${best.method} ${formatEstimate(best)}`, `${worst.method} ${formatEstimate(worst)}`].map((content) => ({ content, kind: 'name' })),
      ...(controls === 0 ? ['no controls', 'no controls'] : tooFew === null ? [`${above} of ${methods}`, String(belowRandom)] : [{ content: tooFew, kind: 'text' }, '']),
    ];
  });
  return captionedTable(['metric', 'category', 'best', 'last', 'better than every control', 'worse than random'], lines, {
    caption: `What the metrics tell apart on ${describeScope(scope)}; only significant differences count in the last two columns.`,
  });
}

/** Ranks of every method on every metric as a heat map, and how much of it is significant. */
export function overviewMarkup({ statistics, metrics }: Analysis, scopes: readonly AnalysedScope[]): Markup {
  const [first] = scopes;
  if (first === undefined) return html`<p>No cell has a value.</p>`;
  const rest = scopes.slice(1);
  const winners = scopes.flatMap((scope) => {
    const best = scope.overall.find(({ control }) => !control);
    return best === undefined ? [] : [html`<li><b>${best.method}</b>best mean rank on ${describeScope(scope)}: ${best.rank.toFixed(1)} ${formatInterval(best.ci95, (value) => value.toFixed(1))} of ${scope.overall.length}</li>`];
  });
  return html`<p class="note">${metrics.length} metrics. A rank is that of the mean over samples; its interval comes from drawing the samples anew, for all methods at once
(${statistics.resamples} times). Rows in italics are controls: maps that know nothing of the network. <b>+</b> after a rank: significantly better than every control; <b>−</b>: significantly worse than
random; no sign: neither. Yellow is first, blue is last. Metrics of localisation, complexity and robustness say nothing about faithfulness: the mean rank leaves them out.</p>
<ul class="cards">${winners}</ul>
${heatMap(first)}${findings(first, statistics.level)}
${rest.map((scope) => html`<details><summary>${describeScope(scope)}</summary>${heatMap(scope)}${findings(scope, statistics.level)}</details>`)}`;
}
