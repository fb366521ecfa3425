import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { record } from '../../test/example-rows.ts';
import { writeReport } from '../report/write-report.ts';
import { readRunRecord, writeRunRecord } from './run-record.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-record-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a record comes back as it was written, and a folder without one has none', () => {
  expect(readRunRecord(folder)).toBeNull();
  writeRunRecord(folder, record);
  expect(readRunRecord(folder)).toEqual(record);
});

test.each(['', '{', 'null', '7', '[]', '{}', '{"command":"study"}', '{"command":"run","configuration":{}}', '{"command":"run","configuration":null,"trained":[]}',
  '{"command":"run","configuration":{},"trained":[{"dataset":"shapes","network":"plain-cnn","seed":0,"accuracy":90,"seconds":1}],"machine":{},"versions":{}}'])(
  'a run.json of %j is a typed error of whoever reads it', async (text) => {
    writeFileSync(join(folder, 'run.json'), text);
    expect(() => readRunRecord(folder)).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
    await expect(writeReport(folder)).rejects.toMatchObject({ code: 'DATA_INVALID' });
  },
);
