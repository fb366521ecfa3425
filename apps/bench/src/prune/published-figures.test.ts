import { expect, test } from '@jest/globals';
import { publishedFigure } from './published-figures.ts';

const row = { dataset: 'fashion-mnist', network: 'plain-cnn', ranking: 'accumulated-gradients', direction: 'keep', fraction: 10 } as const;

test('a row stands beside what is published for it, and only such rows do', () => {
  expect(publishedFigure(row)).toEqual({ referenceAccuracy: 88.68, accuracy: 78.54, drop: 10.14 });
  expect(publishedFigure({ ...row, dataset: 'svhn', network: 'resnet-18', fraction: 60 })?.drop).toBe(1.43);
  for (const change of [{ direction: 'remove' }, { ranking: 'random' }, { fraction: 20 }, { network: 'pruning-cnn' }, { dataset: 'shapes' }] as const) {
    expect(publishedFigure({ ...row, ...change })).toBeUndefined();
  }
});
