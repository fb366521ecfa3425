import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openJsonLines, readJsonLines } from './json-lines.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('lines are there as soon as they are appended, and come back', () => {
  const path = join(folder, 'rows.jsonl');
  const lines = openJsonLines(path, [{ a: 1 }]);
  lines.append({ a: 2 });
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n');
  lines.close();
  expect(readJsonLines(path)).toEqual([{ a: 1 }, { a: 2 }]);
});

test('a torn last line is passed over, and opening again drops it', () => {
  const path = join(folder, 'rows.jsonl');
  openJsonLines(path, [{ a: 1 }]).close();
  appendFileSync(path, '{"a":2,"b');
  const rows = readJsonLines<{ a: number }>(path);
  expect(rows).toEqual([{ a: 1 }]);
  const lines = openJsonLines(path, rows);
  lines.append({ a: 3 });
  lines.close();
  expect(readJsonLines(path)).toEqual([{ a: 1 }, { a: 3 }]);
});

test('a torn line in the middle is an error that names file and line', () => {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, '{"a":1}\n{"a"\n{"a":3}\n');
  expect(() => readJsonLines(path)).toThrow(/rows\.jsonl.*line 2/);
});

test('a file that does not exist has no rows', () => {
  expect(readJsonLines(join(folder, 'none.jsonl'))).toEqual([]);
});
