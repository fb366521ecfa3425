import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as metrics from '../src/index.ts';
import { allMetrics, metricsPage } from '../src/metrics-page.ts';

const folder = join(import.meta.dirname, '..');
const names = Object.entries(metrics).flatMap(([name, value]) => (typeof value === 'function' && 'category' in value ? [name] : []));

test.each(allMetrics().map((metric) => [metric.name, metric] as const))('%s has a card on its factory', (_, { equation, range, cost, limits, noScore = 'None.' }) => {
  for (const text of [equation, cost, limits, noScore]) expect(text).toMatch(/^\S[^]*\.$/);
  expect(range?.[0]).toBeLessThan(range?.[1] ?? NaN);
});

test('the page of the documents is what the factories say', () => {
  const page = readFileSync(join(folder, '../../docs/metrics.md'), 'utf8');
  expect(page).toBe(metricsPage());
  for (const { name } of allMetrics()) expect(page).toContain(`### \`${name}\`: `);
});

test.each(['pruning', 'relative L2 (agreement)'])('%s, which is no metric of maps, has a card in the README', (name) => {
  const [, card = ''] = readFileSync(join(folder, 'README.md'), 'utf8').split(`#### Card: ${name}\n`);
  for (const part of ['Definition', 'Direction and range', 'Cost', 'What it cannot tell']) expect(card.split('\n#')[0]).toContain(`- **${part}.** `);
});

test.each(names)('%s is held to the contract of metrics', (name) => {
  expect(readFileSync(join(folder, 'test', 'contract.test.ts'), 'utf8')).toContain(`describeMetric(metrics.${name}`);
});

test('names of metrics are not taken twice', () => {
  const all = Object.values(metrics).flatMap((value) => (typeof value === 'function' && 'category' in value ? [value.name] : []));
  expect(new Set(all).size).toBe(names.length);
});
