import { expect, test } from '@jest/globals';
import { analysisRows, failed, ok, record } from '../../test/example-rows.ts';
import { analyse } from '../analysis/analyse.ts';
import { comparisonsCsv, ranksCsv, resultsCsv, scoresCsv } from './csv.ts';
import { escapeMarkdown, resultsMarkdown } from './markdown.ts';

test('a CSV file has a head and a line per row, ended as RFC 4180 says, quoted where needed', () => {
  const lines = resultsCsv([ok({ method: 'a,"b"\nc' }, -0.5)]).split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^dataset,model,method,control,/);
  expect(lines[1]).toContain('shapes,plain,"a,""b""\nc",false,onnxruntime,cpu,deletion,ok,-0.5,');
});

test.each(['=1+1', '+1', '-1', '@sum', '\tx', '\rx', '＝1'])('the name %j is no formula in a spreadsheet', (name) => {
  expect(resultsCsv([ok({ model: name }, -1)])).toContain(`'${name}`);
});

test('negative numbers stay numbers', () => {
  expect(resultsCsv([ok({}, -1)])).toMatch(/,ok,-1,-1\.01,-0\.99,/);
});

test('scores, ranks and comparisons have a line for each', () => {
  const rows = analysisRows();
  const analysis = analyse(rows, null);
  const count = (csv: string): number => csv.split('\r\n').length - 2;
  expect([count(scoresCsv(rows)), count(ranksCsv(analysis)), count(comparisonsCsv(analysis))]).toEqual([5 * 24, 5, 3 * 2 + 3]);
  expect(comparisonsCsv(analysis)).toMatch(/shapes,plain,onnxruntime,deletion,controls,inverted,random,.*,worse\r\n/);
});

test('Markdown says of every metric what the controls score, which method is best, and how many stand above and below each control', () => {
  const rows = analysisRows();
  const text = resultsMarkdown(rows, record, analyse(rows, null));
  const [head, , line] = text.slice(text.indexOf('### What the metrics find')).split('\n').slice(2);
  expect(head).toBe('| metric | random | edges | best method | better / worse than random | better / worse than edges | better than every control |');
  expect(line).toMatch(/^\| deletion ↓ \| 0\.\d{3} \| 0\.\d{3} \| good 0\.\d{3} \\\[.*\\\] \| 1 \/ 1 \| [12] \/ 1 \| 1 of 3 \|$/);
  const few = rows.map((row) => ({ ...row, scores: row.scores?.slice(0, 6) ?? [] }));
  expect(resultsMarkdown(few, record, analyse(few, null))).toMatch(/\|  \|  \| 6 samples cannot tell 3 methods from controls \\\(p 0\.094 at least\\\) \|/);
});

test('Markdown has a table by rank, with signs, and failures; names mean nothing but themselves', () => {
  const rows = [...analysisRows('deletion', ['a|b', '<i>', '*c*']), failed({ method: 'x' }, 'ABORTED', 'a | b')];
  const text = resultsMarkdown(rows, record, analyse(rows, null));
  expect(text).toMatch(/\| a\\\|b \| 1\.0 \\\[1\.0, 1\.0\\\] \| 0\.\d+ .* \+ \|/);
  expect(text).toContain('&lt;i&gt;');
  expect(text).toContain('\\*c\\*');
  expect(text).toContain('a \\| b');
  expect(escapeMarkdown('a\nb')).toBe('a b');
});
