import { expect, test } from '@jest/globals';
import { alignColumns } from './columns.ts';

test('cells of a column start at the same place', () => {
  expect(alignColumns([['a', 'bb', 'c'], ['aaa', 'b']])).toEqual(['a    bb  c', 'aaa  b']);
  expect(alignColumns([])).toEqual([]);
});
