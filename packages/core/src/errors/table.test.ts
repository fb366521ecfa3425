import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { errorsPage } from './errors-page.ts';
import { isPellucidError, PellucidError } from './pellucid-error.ts';
import { ERRORS } from './table.ts';

const ROOT = join(__dirname, '../../../..');
const CODES = Object.keys(ERRORS);

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist', 'out-tsc', '.cache'].includes(entry.name) ? [] : sourcesBelow(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') && !['table.ts', 'meanings.ts'].map((name) => join(__dirname, name)).includes(path) ? [readFileSync(path, 'utf8')] : [];
  });
}

test('is sorted, so that a code has one place', () => {
  expect(CODES).toEqual([...CODES].sort());
});

test('has no code that is never thrown', () => {
  const sources = [...sourcesBelow(join(ROOT, 'packages')), ...sourcesBelow(join(ROOT, 'apps'))].join('\n');
  expect(CODES.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});

test('agrees with docs/errors.md (made by `npm run docs:pages`)', () => {
  expect(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorsPage());
});

test('fills every detail into the message', () => {
  const error = new PellucidError('TARGET_OUT_OF_RANGE', { target: 12, sample: 0, model: 'net.onnx', classes: 10, last: 9 });
  expect(error.message).toBe('Cannot explain target 12 of sample 0: `net.onnx` has 10 outputs, 0 to 9.');
  expect(error.code).toBe('TARGET_OUT_OF_RANGE');
});

test('recognises its errors from another copy of core, and no others', () => {
  const foreign = Object.assign(new Error('Cannot finish it: it was aborted.'), { name: 'PellucidError', code: 'ABORTED' });
  expect(isPellucidError(foreign)).toBe(true);
  expect(isPellucidError(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false);
  expect(isPellucidError('ABORTED')).toBe(false);
});
