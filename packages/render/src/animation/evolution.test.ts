import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { colourScale } from '../colour/scales.ts';
import type { Figure, FigurePicture } from '../figure/figure.ts';
import { figurePixels } from '../figure/figure-pixels.ts';
import { farEnds } from '../map/far-ends.ts';
import { blank } from '../pixels.ts';
import { evolution, type Moment } from './evolution.ts';

const moment = (label: string, ...values: number[]): Moment => ({ label, layout: 'NCHW', values: tensor([1, 1, 1, 2], values) });
const picturesOf = ({ items }: Figure): FigurePicture[] => items.filter((item) => item.kind === 'picture');
const moments = [moment('epoch 0', 0.5, 0), moment('epoch 9', -1, 1), moment('epoch 10', 2, 0)];

test('all frames have one size and one scale', () => {
  const { frames, alternativeText } = evolution(moments, { outlierPercentile: 0, shorterSide: 1, title: 'saliency' });
  const drawn = frames.map((frame) => figurePixels(frame));
  expect(new Set(drawn.map(({ width, height }) => `${width} x ${height}`)).size).toBe(1);
  const colourOf = colourScale('RdBu');
  const first = frames.map((frame, i) => {
    const { x, y } = picturesOf(frame)[0]!;
    return [...drawn[i]!.data.subarray((y * frame.width + x) * 4).subarray(0, 3)];
  });
  expect(first).toEqual([[...colourOf(0.25)], [...colourOf(-0.5)], [...colourOf(1)]]);
  expect(frames[2]!.items.some((item) => item.kind === 'text' && /epoch 10|…/.test(item.text))).toBe(true);
  expect(alternativeText).toMatch(/^Animation of 3 pictures\. First: .*epoch 0.* Last: .*epoch 10/);
});

test('frames of maps far from zero share both ends, and their bars say so', () => {
  const far = [moment('epoch 0', -15, -13), moment('epoch 1', -12, -11)];
  const ends = farEnds(far.map((each) => ({ ...each, sample: 0 })));
  const { frames, alternativeText } = evolution(far, { ...ends, shorterSide: 1 });
  const colourOf = colourScale('viridis');
  expect(frames.map((frame) => [...picturesOf(frame)[0]!.picture.data.subarray(0, 3)])).toEqual([[...colourOf(0)], [...colourOf(0.75)]]);
  for (const { items } of frames) expect(items).toContainEqual(expect.objectContaining({ text: '−15 (not 0)' }));
  expect(alternativeText).toContain('from dark violet at -15, not at 0, to yellow at -11');
});

test('shows several samples over their images', () => {
  const batch = { label: 'a', layout: 'NCHW', values: tensor([2, 1, 1, 2], [0, 1, 1, 0]) } as const;
  const { frames } = evolution([batch], { samples: [0, 1], images: [blank(2, 1, [0, 0, 0]), blank(2, 1, [255, 255, 255])], shorterSide: 1, outlierPercentile: 0 });
  const [left, right] = picturesOf(frames[0]!).map(({ picture }) => [...picture.data]);
  expect(left?.slice(0, 3)).toEqual([128, 128, 128]); // black at half its contrast
  expect(right?.slice(4, 7)).toEqual([255, 255, 255]);
  expect(right?.slice(0, 3)).toEqual([...colourScale('RdBu')(1)]);
});

test.each([
  ['no moments', [], {}],
  ['no samples', moments, { samples: [] }],
  ['an image too few', moments, { images: [] }],
  ['maps of different shapes', [...moments, { ...moments[0]!, values: tensor([1, 1, 1, 3], [1, 2, 3]) }], {}],
])('refuses %s', (_, given, options) => {
  expect(() => evolution(given, options)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});
