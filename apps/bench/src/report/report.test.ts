import { expect, test } from '@jest/globals';
import { analysisRows, failed, ok, record } from '../../test/example-rows.ts';
import { analyse } from '../analysis/analyse.ts';
import { estimateRest, formatDuration, startProgress } from '../progress/progress.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import { formatEstimate, formatNumber, standingSign } from './describe.ts';
import { captionedTable, html } from './markup.ts';
import { reportPage } from './page.ts';
import { pruningTable, resultsTable } from './text-table.ts';

const rows: readonly ResultRow[] = [
  ok({ metric: 'insertion' }, 0.5),
  ok({}, 0.25),
  ok({ backend: 'tfjs' }, 0.26),
  failed({ method: 'grad-cam' }, 'LAYER_UNSUITABLE', 'no layer <b>fits</b>'),
  ok({ metric: 'agreement', backend: 'onnxruntime~tfjs' }, 3e-7),
  ok({ metric: 'pruning-10' }, 12.34, [10, 15]),
];

test('numbers are short, and estimates have their interval', () => {
  expect([0, 3e-7, 0.25, 1261.94, 2e6].map(formatNumber)).toEqual(['0', '3.0e-7', '0.250', '1261.9', '2.0e+6']);
  expect(formatEstimate({ value: 0.25, ci95: [0.24, 0.26] })).toBe('0.250 [0.240, 0.260]');
  expect(formatEstimate({ value: 0.25, ci95: null })).toBe('0.250');
});

test('a sign says how a method stands against the controls', () => {
  const standing = { above: [], below: [], controls: 2, wins: 0, losses: 0 };
  expect(standingSign({ ...standing, above: ['random', 'edges'] })).toBe('+');
  expect(standingSign({ ...standing, above: ['edges'], below: ['random'] })).toBe('−');
  expect(standingSign({ ...standing, above: ['edges'] })).toBe('≈');
  expect(standingSign({ ...standing, controls: 0 })).toBe('');
});

test('the table on standard output has methods by rank, what is significant, agreement, and reasons of failures', () => {
  const text = resultsTable([...analysisRows(), ...rows.slice(3, 5)], analyse([...analysisRows(), ...rows.slice(3, 5)], null));
  const names = text.split('\n').slice(1, 7).map((line) => line.split(/ {2,}/)[0]);
  expect([names[0], names[1], names[5]]).toEqual(['method', 'good', 'inverted']);
  expect(names.slice(2, 5)).toContain('random (control)');
  expect(text).toMatch(/good +1\.0 +\[1\.0, 1\.0\] +0\.\d+\+/);
  expect(text).toMatch(/inverted +5\.0 +\[5\.0, 5\.0\] +0\.\d+−/);
  expect(text).toMatch(/1 +deletion ↓ +best good .* last inverted .* 1 of 3 better than every control +1 worse than random/);
  expect(text).toContain('onnxruntime~tfjs: agreement of maps: largest difference 3.0e-7 (relative L2, saliency)');
  expect(text).toContain('failed: plain grad-cam onnxruntime deletion: no layer <b>fits</b>');
  expect(text).not.toContain('\u001b');
});

test('the report says whether the first two methods can be told apart, with an interval', () => {
  const all = analysisRows();
  const page = reportPage({ record, rows: all, pruning: [], examples: [], records: [], analysis: analyse(all, null) });
  expect(page).toMatch(/The first two methods: good less as-random -0\.\d+ \[-0\.\d+, -0\.\d+\] \(lower is better\), p \de-\d\./);
});

const pruningRow = (change: Partial<PruningRow>): PruningRow => ({
  dataset: 'shapes', network: 'plain-cnn', ranking: 'random', direction: 'keep', fraction: 10, seed: 0,
  referenceAccuracy: 90, accuracy: 50, drop: 40, ...change,
});

test('pruning is summed up over seeds, largest share first', () => {
  const text = pruningTable([pruningRow({}), pruningRow({ seed: 1, accuracy: 52, drop: 38 }), pruningRow({ fraction: 60, accuracy: 80, drop: 10 })]);
  const [, first, second] = text.split('\n');
  expect(first).toMatch(/random +keep 60 % +1 +90\.00 +80\.00 +10\.00$/);
  // Student's t for one degree of freedom at 97.5 %: 12.706, times the deviation sqrt(2) over sqrt(2).
  expect(second).toMatch(/random +keep 10 % +2 +90\.00 +51\.00 +39\.00 \[26\.29, 51\.71\]$/);
});

test('markup escapes texts and keeps markup', () => {
  expect(html`<p title="${'"a"'}">${'<b> & co'}${html`<i>${1}</i>`}</p>`.html).toBe('<p title="&quot;a&quot;">&lt;b&gt; &amp; co<i>1</i></p>');
  expect(captionedTable(['a', 'b'], [['x', 2]], { caption: 'c' }).html).toContain('<th scope="row">x</th><td>2</td>');
});

test('the page shows results, failures with their reason, versions and machine, and loads nothing', () => {
  const page = reportPage({ record, rows, pruning: [pruningRow({})], examples: [], records: [] });
  for (const text of ['0.250 <small>[0.240, 0.260]</small>', 'LAYER_UNSUITABLE', 'no layer &lt;b&gt;fits&lt;/b&gt;', 'a fast one', '20.0.0', 'not over', 'on pruned']) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
});

test('hostile names stay texts, in tables, charts and attributes', () => {
  const hostile = '<img src=x onerror=alert(1)>"\'&';
  const curve = { at: [0, 1], mean: [1, 0], low: [1, 0], high: [1, 0] };
  const page = reportPage({ record, rows: [{ ...ok({ method: hostile, model: hostile, backend: hostile }, 1), curve }, ok({ metric: hostile }, 1)], pruning: [], examples: [], records: [] });
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  expect(page).not.toContain('<img');
});

test('a page of no failures says so', () => {
  expect(reportPage({ record, rows: [ok({}, 1)], pruning: [], examples: [], records: [] })).toContain('every cell that was tried has a value');
});

test('durations and estimates', () => {
  expect(formatDuration(59.4)).toBe('59 s');
  expect(formatDuration(200)).toBe('3 min 20 s');
  expect(estimateRest(10, 2, 6)).toBe(20);
});

test('where no terminal is, progress is lines at each twentieth and never a control code', () => {
  let text = '';
  const progress = startProgress({ write: (part: string) => (text += part) }, { total: 40 });
  for (let i = 0; i < 40; i++) progress.tick(`cell ${i}`);
  progress.stop();
  expect(text.trim().split('\n')).toHaveLength(20);
  expect(text).toMatch(/\[40\/40\].*last: cell 39/);
  expect(text).not.toContain('\u001b');
});
