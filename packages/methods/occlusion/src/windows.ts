import { PellucidError } from '@pellucid/core';

/** A rectangle of pixels; `bottom` and `right` are not part of it. */
export interface Window {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Height and width. */
export type Size = readonly [number, number];

/** At this share of a side the windows number the same (about 225) for images of any size. */
const WINDOW_SHARE = 8;

/** Window and stride in use: an eighth of each side, and half a window, unless given. */
export function resolveSizes(
  image: Size,
  window: Size | undefined,
  stride: Size | undefined,
): { readonly window: Size; readonly stride: Size } {
  const [height, width] = window ?? [Math.ceil(image[0] / WINDOW_SHARE), Math.ceil(image[1] / WINDOW_SHARE)];
  const step: Size = stride ?? [Math.ceil(height / 2), Math.ceil(width / 2)];
  if (height > image[0] || width > image[1]) {
    throw new PellucidError('OPTION_INVALID', {
      option: 'window', name: 'occlusion', expected: `at most the size of the image, [${image.join(', ')}]`, actual: `[${height}, ${width}]`,
    });
  }
  // A stride beyond the window would leave pixels that no window ever covers; one window alone needs no stride.
  if ((step[0] > height && height < image[0]) || (step[1] > width && width < image[1])) {
    throw new PellucidError('OPTION_INVALID', {
      option: 'stride', name: 'occlusion', expected: `at most the window, [${height}, ${width}]`, actual: `[${step.join(', ')}]`,
    });
  }
  return { window: [height, width], stride: step };
}

/** Where the windows of one axis begin and end: ceil((length - window) / stride) + 1 of them, the last one clipped at the edge. */
function spans(length: number, window: number, stride: number): (readonly [number, number])[] {
  const count = Math.ceil((length - window) / stride) + 1;
  return Array.from({ length: count }, (_, i) => [i * stride, Math.min(i * stride + window, length)] as const);
}

/** Every window of an image, row by row. */
export function slidingWindows(image: Size, window: Size, stride: Size): Window[] {
  const columns = spans(image[1], window[1], stride[1]);
  return spans(image[0], window[0], stride[0]).flatMap(([top, bottom]) => columns.map(([left, right]) => ({ top, bottom, left, right })));
}
