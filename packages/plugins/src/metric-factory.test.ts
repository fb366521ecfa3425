import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { defineMethod, defineMetric } from '@pellucid/core';
import { isMetricFactory } from './metric-factory.ts';
import { readManifest } from './package-manifest.ts';

const paper = { authors: 'me', year: 2026, title: 'mine', url: 'https://example.org' };

test('a metric is told from a method and from other functions', () => {
  const metric = defineMetric({
    name: 'mine', title: 'Mine', category: 'complexity', direction: 'lower', paper, needsMask: false, options: {}, score: () => Promise.resolve(new Float64Array(0)),
  });
  const method = defineMethod({ name: 'mine', title: 'Mine', paper, needs: [], kind: 'local', options: {}, explain: (_model, { input }) => Promise.resolve({ values: input }) });
  expect([metric, method, () => undefined, null, { ...metric }].map(isMetricFactory)).toEqual([true, false, false, false, false]);
});

test('the metrics of a package stand in its pellucid field beside the methods', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pellucid-metrics-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'mine', pellucid: { metrics: ['one', 2], methods: ['two'] } }));
  expect(await readManifest(folder)).toMatchObject({ methods: ['two'], metrics: ['one'] });
  rmSync(folder, { recursive: true });
});
