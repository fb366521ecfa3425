import type { AnalysedScope, AnalysedTable } from '../../analysis/analyse.ts';
import { describeScope, formatInterval, formatNumber, formatP, formatRank, rankIn, standingSign, standingWords, whyNothingIsSignificant, withDirection } from '../describe.ts';
import { captionedTable, html, type Cell, type Markup } from '../markup.ts';

const SIGN_CLASS = { '+': 'good', '−': 'bad', '≈': '', '': '' } as const;

function tableMarkup(analysed: AnalysedTable, scope: AnalysedScope, level: number): Markup {
  const { table: { metric, entries }, ranking, withControls, standings } = analysed;
  const tooFew = whyNothingIsSignificant(analysed, level);
  const sorted = [...entries].sort((a, b) => rankIn(ranking, a.method) - rankIn(ranking, b.method));
  const scores = Math.max(...entries.map((entry) => entry.scores.length));
  const rows = sorted.map(({ method, control, value, ci95, median, scores: own }): Cell[] => {
    const standing = standings.get(method);
    const random = withControls.find((comparison) => comparison.method === method && comparison.other === 'random');
    const scored = own.filter((score) => score !== null).length;
    return [
      { content: control ? html`${method} <small>control</small>` : method },
      { content: formatRank(ranking.ranks.get(method) ?? { rank: NaN, ci95: null }) },
      { content: html`${formatNumber(value)} <small>${formatInterval(ci95)}</small>` },
      { content: median === null ? '' : formatNumber(median) },
      { content: own.length === 0 ? '' : scored === own.length ? String(scored) : `${scored} of ${own.length}` },
      { content: random === undefined ? '' : html`${formatNumber(random.difference)} <small>${formatInterval(random.ci95)}</small>` },
      { content: random === undefined ? '' : html`${formatP(random.adjusted)}${random.verdict === 'not significant' ? html` <small>n.s.</small>` : html``}` },
      { content: standing === undefined ? '' : `${standing.wins} / ${standing.losses}` },
      { content: standing === undefined || standing.controls === 0 ? '' : standingWords(standing), kind: `text ${SIGN_CLASS[standingSign(standing)]}` },
    ];
  });
  return html`<details><summary>${withDirection(metric)} <small>(${metric.category})</small></summary>
${tooFew === null ? html`` : html`<p class="note">Nothing here can be significant: ${tooFew}.</p>`}
${captionedTable(['method', 'rank', 'mean', 'median', 'scored', 'less random', 'p', 'wins / losses', 'against the controls'], rows, {
    caption: `${metric.title}, ${metric.direction} is better: ${describeScope(scope)}${scores > 0 ? `, ${scores} samples` : ''}.`,
    rowClass: (row) => (sorted[row]!.control ? 'control' : ''),
  })}${runnerUp(analysed)}</details>`;
}

/** Whether the best method can be told from the next one. */
function runnerUp({ table: { metric, entries }, pairs, ranking }: AnalysedTable): Markup {
  const [best, next] = entries.filter(({ control }) => !control).sort((a, b) => rankIn(ranking, a.method) - rankIn(ranking, b.method));
  const found = pairs.find(({ method, other }) => [method, other].every((name) => name === best?.method || name === next?.method));
  if (best === undefined || next === undefined || found === undefined) return html``;
  const turned = found.method !== best.method;
  const interval = found.ci95 === null || !turned ? found.ci95 : ([-found.ci95[1], -found.ci95[0]] as const);
  return html`<p class="note">The first two methods: ${best.method} less ${next.method} ${formatNumber(turned ? -found.difference : found.difference)} ${formatInterval(interval)} (${metric.direction} is better), p ${formatP(found.adjusted)}${found.verdict === 'not significant' ? ' (n.s.)' : ''}.</p>`;
}

/** A table for every metric: means with intervals, and what of the differences is significant. */
export function metricTablesMarkup(scopes: readonly AnalysedScope[], level: number, correction: string): Markup {
  return html`<p class="note">Means and medians over the samples that have a score, with 95 % bootstrap intervals; ranks with intervals. Differences are paired, sample by sample; p is that of Wilcoxon's signed-rank test,
${correction === 'none' ? 'not corrected' : html`corrected (${correction === 'holm' ? 'Holm' : 'Benjamini and Hochberg'}) over the comparisons of all methods of the table with that control`}; below ${level} counts as significant, everything else is marked n.s. Wins and losses count the other methods that
a method is significantly better or worse than, corrected over all pairs of methods of the table; the differences of all pairs, with intervals (Student's t), are in comparisons.csv.</p>
${scopes.map((scope) => html`<h3>${describeScope(scope)}</h3>${scope.tables.map((analysed) => tableMarkup(analysed, scope, level))}`)}`;
}
