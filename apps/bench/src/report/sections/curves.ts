import type { AnalysedScope, AnalysedTable } from '../../analysis/analyse.ts';
import type { Entry } from '../../analysis/score-tables.ts';
import { bandChart, type Band } from '../charts.ts';
import { describeScope, formatNumber, rankIn } from '../describe.ts';
import { captionedTable, html, type Markup } from '../markup.ts';

/** Methods with a colour of their own, beside two controls. */
const SHOWN = 5;
const SHOWN_CONTROLS: readonly string[] = ['random', 'edges'];

const bandOf = ({ method, control, rows }: Entry): Band[] => {
  const curve = rows[0]?.curve;
  return curve === undefined ? [] : [{ name: method, ...curve, dashed: control }];
};

function curveMarkup({ table: { metric, entries }, ranking }: AnalysedTable, scope: AnalysedScope): Markup {
  const ranked = entries.filter(({ rows }) => rows[0]?.curve !== undefined).sort((a, b) => rankIn(ranking, a.method) - rankIn(ranking, b.method));
  if (ranked.length === 0) return html``;
  const chosen = [...ranked.filter(({ control }) => !control).slice(0, SHOWN), ...ranked.filter(({ method }) => SHOWN_CONTROLS.includes(method))];
  const others = ranked.filter((entry) => !chosen.includes(entry));
  const bands = chosen.flatMap(bandOf);
  const title = `${metric.title} on ${describeScope(scope)}`;
  const at = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const positions = bands[0]?.at ?? [];
    return positions.reduce((best, position, i) => (Math.abs(position - share) < Math.abs((positions[best] ?? 2) - share) ? i : best), 0);
  });
  return html`<figure><div class="chart" role="region" tabindex="0" aria-label="Chart: ${title}">${bandChart(bands, others.flatMap(bandOf), metric.curve ?? { horizontal: 'share', vertical: 'score' }, `${title}: lines of ${bands.map(({ name }) => name).join(', ')}; the table below holds the values.`)}</div>
<figcaption>${title}, ${metric.direction} area is better: means with 95 % intervals for the ${Math.min(SHOWN, chosen.length)} best methods and controls (dashed), thin lines for all others.</figcaption>
<details><summary>Values</summary>${captionedTable(['method', ...at.map((i) => `at ${((bands[0]?.at[i] ?? 0) * 100).toFixed(0)} %`)], bands.map((band) => [band.name, ...at.map((i) => formatNumber(band.mean[i] ?? NaN))]), { caption: title })}</details></figure>`;
}

/** Curves with bands, for every metric that sums one up. */
export function curvesMarkup(scopes: readonly AnalysedScope[]): Markup {
  const charts = scopes.flatMap((scope) => scope.tables.map((analysed) => curveMarkup(analysed, scope)));
  return charts.every(({ html: text }) => text === '') ? html`` : html`${charts}`;
}
