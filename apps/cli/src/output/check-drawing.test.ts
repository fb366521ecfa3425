import { expect, test } from '@jest/globals';
import { checkDrawing } from './check-drawing.ts';

test.each([
  [{ scale: 'viridiss' }, /no scale `viridiss`.*`viridis`/],
  [{ scale: 'viridis' }, /--sign positive/],
  [{ scale: 'jet', sign: 'all' }, /is for values of one sign/],
  [{ scale: 'RdBu', sign: 'positive' }, /is for both signs/],
  [{ view: 'masked-image', sign: 'all' }, /not in which direction/],
])('%j is refused', (request, message) => {
  const wrong = { view: 'overlay', ...request } as Parameters<typeof checkDrawing>[0];
  expect(() => checkDrawing(wrong)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }));
});

test('scales that go with their sign are taken', () => {
  expect(() => {
    checkDrawing({ view: 'overlay' });
    checkDrawing({ view: 'heat-map', sign: 'all', scale: 'PuOr' });
    checkDrawing({ view: 'blended-heat-map', sign: 'absolute', scale: 'jet' });
    checkDrawing({ view: 'masked-image' });
  }).not.toThrow();
});
