import { expect, test } from '@jest/globals';
import { tensor, type Tensor } from '@pellucid/core';
import { blank } from '@pellucid/render';
import { beginFarFromZero, drawMap, endsOf, type DrawingRequest, type DrawnPicture, type MapKind } from './draw-map.ts';

const map = (...values: number[]): Tensor => tensor([1, 1, 2, 2], values);
const OVERLAY: DrawingRequest = { view: 'overlay' };
/** Draws maps of one method over a grey picture, each in its own scale. */
function draw(maps: readonly Tensor[], request: DrawingRequest = OVERLAY): DrawnPicture[] {
  const isSigned = maps.some(({ data }) => data.some((value) => value < 0));
  const kind: MapKind = { isSigned, isFarFromZero: beginFarFromZero(maps, 'NCHW', request), isColourField: false, isOfLayer: false };
  return maps.map((values) => drawMap(values, 'NCHW', blank(2, 2, [100, 100, 100]), kind, request));
}
const legends = (maps: readonly Tensor[], request?: DrawingRequest) => draw(maps, request).map(({ legend }) => legend);

test('maps far from zero run between their own ends, on either side, and so does one among them that crosses zero', () => {
  const [below, above, crossing] = [map(-15, -14, -13, -12), map(12, 13, 14, 15), map(-1, 0, 1, 2)];
  expect(legends([below, above, crossing])).toEqual([
    { scale: 'inferno', low: -15, range: -12, cut: false },
    { scale: 'inferno', low: 12, range: 15, cut: false },
    { scale: 'inferno', low: -1, range: 2, cut: false },
  ]);
  expect(draw([below])[0]?.alternativeText).toMatch(/from black at -15, not at 0, to pale yellow at -12\.$/);
  // The lowest value leaves the picture as it is.
  expect([...draw([below])[0]!.picture.data.subarray(0, 3)]).toEqual([100, 100, 100]);
});

test('a map alone that crosses zero, touches it or is constant is drawn from zero on', () => {
  expect(legends([map(-1, 0, 1, 20)])).toEqual([{ scale: 'RdBu', range: expect.any(Number), cut: expect.any(Boolean) }]);
  expect(legends([map(0, 20, 21, 22)])).toEqual([{ scale: 'inferno', range: 22, cut: false }]);
  expect(legends([map(4, 4, 4, 4)])).toEqual([{ scale: 'inferno', range: 4, cut: false }]);
  expect(legends([map(12, 13, 14, 15), map(4, 4, 4, 4)])).toEqual([{ scale: 'inferno', low: 12, range: 15, cut: false }, { scale: 'inferno', range: 4, cut: false }]);
});

test('what the user says of range and sign holds', () => {
  const below = [map(-15, -14, -13, -12)];
  expect(legends(below, { ...OVERLAY, range: 20 })).toEqual([{ scale: 'RdBu', range: 20, low: undefined, cut: false }]);
  expect(legends(below, { ...OVERLAY, sign: 'all' })).toEqual([{ scale: 'RdBu', range: expect.any(Number), cut: expect.any(Boolean) }]);
  expect(legends(below, { ...OVERLAY, sign: 'negative', scale: 'viridis' })).toMatchObject([{ scale: 'viridis', low: 12, range: 15 }]);
  expect(legends(below, { ...OVERLAY, range: -12, low: -16 })).toMatchObject([{ scale: 'inferno', low: -16, range: -12 }]);
});

test('several maps in one scale share both ends; around zero where they lie on both sides of it', () => {
  const kind: MapKind = { isSigned: true, isFarFromZero: true, isColourField: false, isOfLayer: false };
  expect(endsOf([map(-15, -14, -13, -12), map(-9, -8, -7, -6)], 'NCHW', kind, OVERLAY)).toEqual({ low: -15, range: -6 });
  expect(endsOf([map(-15, -14, -13, -12), map(6, 7, 8, 9)], 'NCHW', kind, OVERLAY)).toEqual({ range: 15 });
});

test('an image is masked by maps below zero, too', () => {
  const [masked] = draw([map(-15, -14, -13, -12)], { view: 'masked-image' });
  expect([0, 4, 8, 12].map((i) => masked?.picture.data[i])).toEqual([0, 33, 67, 100]);
});

test('values of pixels are squares, those of a layer pass into each other, and a map of zeros has no colour bar', () => {
  const reds = (isOfLayer: boolean): number => {
    const kind: MapKind = { isSigned: false, isFarFromZero: false, isColourField: false, isOfLayer };
    const { data } = drawMap(map(0, 1, 2, 3), 'NCHW', blank(8, 8, [0, 0, 0]), kind, { view: 'heat-map' }).picture;
    return new Set(data.filter((_, i) => i % 4 === 0)).size;
  };
  expect(reds(false)).toBe(4);
  expect(reds(true)).toBeGreaterThan(10);
  expect(draw([map(0, 0, 0, 0)])[0]).not.toHaveProperty('legend');
});
