import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { PellucidError } from '@pellucid/core';
import { writeWhole } from '@pellucid/files';

/** A file of JSON lines that grows by one line per call; each is on disk when the call returns. */
export interface JsonLines<Row> {
  readonly append: (row: Row) => void;
  readonly close: () => void;
}

/** Opens a file of JSON lines with these rows at its start, whatever it held before. */
export function openJsonLines<Row>(path: string, rows: readonly Row[]): JsonLines<Row> {
  writeWhole(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const file = openSync(path, 'a');
  return {
    append: (row) => {
      // One write per line: a kill leaves whole lines, or a torn last one that reading passes over.
      writeSync(file, `${JSON.stringify(row)}\n`);
      fsyncSync(file);
    },
    close: () => {
      closeSync(file);
    },
  };
}

/**
 * Reads a file of JSON lines; none where the file does not exist. A last line without its end, as a kill leaves it, is passed over.
 * @throws DATA_INVALID when any other line is no JSON object.
 */
export function readJsonLines<Row>(path: string): Row[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const fail = (cause?: unknown): never => {
      throw new PellucidError(
        'DATA_INVALID',
        { file: path, format: 'JSON lines', problem: `line ${i + 1} is no JSON object`, help: 'Remove the line, or choose another folder.' },
        { cause },
      );
    };
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      fail(cause);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail();
    return value as Row;
  });
}
