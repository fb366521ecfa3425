import { expect, test } from '@jest/globals';
import { tensor } from '@pellucid/core';
import { applyScale, fitScale, keepColours, quantise, sharedColours } from './colours.ts';

test('colours are standard scores, cut at one deviation, between 0 and 1', () => {
  const field = tensor([1, 3, 1, 2], [0, 0, 0, 0, 3, -3]);
  // Deviation: sqrt(18 / 5) < 3.
  expect([...applyScale(field, fitScale(field)).data]).toEqual([0.5, 0.5, 0.5, 0.5, 1, 0]);
  const even = tensor([1, 3, 1, 1], [-1, 0, 1]);
  expect([...applyScale(even, fitScale(even)).data]).toEqual([0, 0.5, 1]);
  const flat = tensor([1, 3, 1, 1], [2, 2, 2]);
  expect([...applyScale(flat, fitScale(flat)).data]).toEqual([0, 0, 0]);
});

test('in a scale of other images colours stay between 0 and 1', () => {
  const scale = fitScale(tensor([1, 3, 1, 2], [1, 0, 1, 0, 1, 0]));
  for (const value of applyScale(tensor([1, 3, 1, 1], [-50, 0.5, 50]), scale).data) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
  }
});

test('levels are 0, 0.5 and 1, halves rounded to even', () => {
  const values = [0, 0.24, 0.25, 0.26, 0.5, 0.74, 0.75, 0.76, 1];
  expect([...quantise(tensor([9], values)).data]).toEqual([0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1]);
});

test('inclusive keeps the colours that all images have, exclusive the others', () => {
  // Two images of two pixels: red and white, red and blue.
  const images = tensor([2, 3, 1, 2], [1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1]);
  const shared = sharedColours(images);
  expect(shared).toEqual([18]);
  expect([...keepColours(images, shared, true).data]).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  expect([...keepColours(images, shared, false).data]).toEqual([0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
});
