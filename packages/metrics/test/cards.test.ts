import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as metrics from '../src/index.ts';

const folder = join(import.meta.dirname, '..');
const names = Object.entries(metrics).flatMap(([name, value]) => (typeof value === 'function' && 'category' in value ? [name] : []));

test.each(names)('%s has a card in the README', (name) => {
  const [, card = ''] = readFileSync(join(folder, 'README.md'), 'utf8').split(`#### Card: ${name}\n`);
  for (const part of ['Definition', 'Direction and range', 'Cost', 'What it cannot tell', 'Source']) expect(card.split('\n#')[0]).toContain(`- **${part}.** `);
});

test.each(names)('%s is held to the contract of metrics', (name) => {
  expect(readFileSync(join(folder, 'test', 'contract.test.ts'), 'utf8')).toContain(`describeMetric(metrics.${name}`);
});

test('names of metrics are not taken twice', () => {
  const all = Object.values(metrics).flatMap((value) => (typeof value === 'function' && 'category' in value ? [value.name] : []));
  expect(new Set(all).size).toBe(names.length);
});
