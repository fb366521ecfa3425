import { expect, test } from '@jest/globals';
import { similarity, type Plane } from './similarity.ts';

const plane = (value: (row: number, column: number) => number, height = 16, width = 20): Plane =>
  ({ height, width, values: Float64Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width)) });
const first = plane((row, column) => ((row * 7 + column * 3) % 11) / 10);

// scikit-image 0.25: mean_squared_error, peak_signal_noise_ratio and structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False).
test.each([
  ['another pattern', plane((row, column) => ((row * 7 + column * 3 + ((row * column) % 3)) % 11) / 10), 0.0551875, 12.581592790783562, 0.6641564065911557],
  ['half the contrast', plane((row, column) => ((row * 7 + column * 3) % 11) / 20 + 0.1), 0.048015625, 13.186174137275088, 0.7532530396012628],
] as const)('two maps are as alike as scikit-image says: %s', (_, second, mse, psnr, ssim) => {
  const found = similarity(first, second, 1);
  expect(found.mse).toBeCloseTo(mse, 12);
  expect(found.psnr).toBeCloseTo(psnr, 9);
  expect(found.ssim).toBeCloseTo(ssim, 9);
});

test('a map is like itself, and small ones have no windows', () => {
  expect(similarity(first, first, 1)).toEqual({ mse: 0, psnr: null, ssim: 1 });
  expect(similarity(plane(() => 1, 8, 8), plane(() => 0, 8, 8), 1)).toEqual({ mse: 1, psnr: 0, ssim: null });
});
