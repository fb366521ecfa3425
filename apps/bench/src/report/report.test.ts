import { expect, test } from '@jest/globals';
import { cell, failed, ok, record } from '../../test/example-rows.ts';
import { compareRuns, describeDifferences } from '../diff/diff.ts';
import { estimateRest, formatDuration, startProgress } from '../progress/progress.ts';
import type { PruningRow, ResultRow } from '../store/result-row.ts';
import { formatCell, formatNumber, sectionsOf } from './describe.ts';
import { html, table } from './markup.ts';
import { reportPage } from './page.ts';
import { pruningTable, resultsTable } from './text-table.ts';

const order = { methods: ['grad-cam', 'saliency'], backends: ['onnxruntime', 'tfjs'] };
const rows: readonly ResultRow[] = [
  ok({ metric: 'insertion' }, 0.5),
  ok({}, 0.25),
  ok({ backend: 'tfjs' }, 0.26),
  failed({ method: 'grad-cam' }, 'LAYER_UNSUITABLE', 'no layer <b>fits</b>'),
  ok({ metric: 'agreement', backend: 'onnxruntime~tfjs' }, 3e-7),
  ok({ metric: 'pruning-10' }, 12.34, [10, 15]),
];

test('a section has a line for each method and backend, in the order of the configuration', () => {
  const [section] = sectionsOf(rows, order);
  expect(section?.metrics).toEqual(['deletion', 'insertion', 'pruning-10']);
  expect(section?.lines.map(({ method, backend }) => `${method} ${backend}`)).toEqual([
    'grad-cam onnxruntime', 'saliency onnxruntime', 'saliency tfjs',
  ]);
  expect(section?.lines[2]?.agreement?.value).toBe(3e-7);
});

test('columns stand in one order, whichever cell was finished first', () => {
  const finished = ['pruning-40', 'insertion', 'pruning-10', 'pruning-60', 'deletion'].map((metric) => ok({ metric }, 1));
  expect(sectionsOf(finished, order)[0]?.metrics).toEqual(['deletion', 'insertion', 'pruning-60', 'pruning-40', 'pruning-10']);
});

test('networks and seeds have sections of their own', () => {
  expect(sectionsOf([ok({}, 1), ok({ seed: 1 }, 1), ok({ model: 'other' }, 1)], order)).toHaveLength(3);
});

test('cells show value and interval, pruning in points, failures their code', () => {
  expect(formatCell(ok({}, 0.25))).toBe('0.250 [0.240, 0.260]');
  expect(formatCell(ok({ metric: 'pruning-10' }, 12.34, [10, 15]))).toBe('12.3 [10.0, 15.0]');
  expect(formatCell(failed({}, 'DATA_MISSING', 'gone'))).toBe('failed: DATA_MISSING');
  expect(formatNumber(3e-7)).toBe('3.0e-7');
});

test('the table on standard output names metrics, directions and reasons', () => {
  const text = resultsTable(rows, order);
  expect(text).toMatch(/method +backend +deletion ↓ +insertion ↑ +pruning-10 ↓ +agreement ↓ +forward +backward +seconds/);
  expect(text).toContain('failed: plain grad-cam onnxruntime deletion: no layer <b>fits</b>');
  expect(text).not.toContain('\u001b');
});

const pruningRow = (change: Partial<PruningRow>): PruningRow => ({
  dataset: 'shapes', network: 'plain-cnn', ranking: 'random', direction: 'keep', fraction: 10, seed: 0,
  referenceAccuracy: 90, accuracy: 50, drop: 40, ...change,
});

test('pruning is summed up over seeds, largest share first', () => {
  const text = pruningTable([pruningRow({}), pruningRow({ seed: 1, accuracy: 52, drop: 38 }), pruningRow({ fraction: 60, accuracy: 80, drop: 10 })]);
  const [, first, second] = text.split('\n');
  expect(first).toMatch(/random +60 % +1 +90\.00 +80\.00 +10\.00$/);
  expect(second).toMatch(/random +10 % +2 +90\.00 +51\.00 +39\.00 ± 1\.41$/);
});

test('markup escapes texts and keeps markup', () => {
  expect(html`<p title="${'"a"'}">${'<b> & co'}${html`<i>${1}</i>`}</p>`.html).toBe('<p title="&quot;a&quot;">&lt;b&gt; &amp; co<i>1</i></p>');
  expect(table(['a', 'b'], [['x', 2]]).html).toContain('<th scope="row">x</th><td>2</td>');
});

test('the page shows results, failures with their reason, versions and machine, and loads nothing', () => {
  const page = reportPage({ record, rows, pruning: [pruningRow({})], examples: [], records: [] });
  for (const text of ['0.250 [0.240, 0.260]', 'LAYER_UNSUITABLE', 'no layer &lt;b&gt;fits&lt;/b&gt;', 'a fast one', '20.0.0', 'not over', 'on pruned']) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/(src|href)="(?!data:)/);
});

test('a page of no failures says so', () => {
  expect(reportPage({ record, rows: [ok({}, 1)], pruning: [], examples: [], records: [] })).toContain('every cell has a value');
});

test('runs are compared cell by cell', () => {
  const before = [ok({}, 0.25), ok({ metric: 'insertion' }, 0.5), ok({ method: 'old' }, 1), ok({ method: 'flaky' }, 1), ok({ method: 'moved' }, 1)];
  const after = [
    ok({}, 0.25), ok({ metric: 'insertion' }, 0.505), ok({ method: 'new' }, 1), failed({ method: 'flaky' }, 'ABORTED', 'late'), ok({ method: 'moved' }, 2),
  ];
  const differences = compareRuns(before, after);
  expect(differences.map(({ change }) => change)).toEqual([
    'same', 'within intervals', 'only in the first', 'status', 'different', 'only in the second',
  ]);
  const text = describeDifferences(differences);
  expect(text).toContain('6 cells: 1 the same, 1 within their intervals, 4 otherwise different');
  expect(text).toContain(`${cell().dataset} plain moved onnxruntime deletion seed 0: 1.000 [0.990, 1.010] -> 2.000 [1.990, 2.010] (different)`);
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
