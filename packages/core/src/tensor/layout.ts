import { PellucidError } from '../errors/pellucid-error.ts';

const LAYOUTS = ['N*', 'NC', 'NCW', 'NWC', 'NCHW', 'NHWC', 'NCDHW', 'NDHWC', 'NTC'] as const;

/**
 * What the axes of a tensor are, a letter each: batch N, channel C, depth D, height H, width W, token T.
 * `N*` has a batch axis and others that nobody described.
 */
export type Layout = (typeof LAYOUTS)[number];

/** A tensor that a model takes or gives. A `null` length is free. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly layout: Layout;
}

/** Where the axes of a layout stand. `spatial` lists depth, height and width as far as they exist, in this order. */
export interface Axes {
  readonly batch: number;
  readonly channel: number | null;
  readonly spatial: readonly number[];
}

/** Finds the axes of a layout. */
export function axes({ layout }: { readonly layout: Layout }): Axes {
  const channel = layout.indexOf('C');
  return {
    batch: 0,
    channel: channel < 0 ? null : channel,
    spatial: [...'DHW'].map((letter) => layout.indexOf(letter)).filter((axis) => axis >= 0),
  };
}

/** Checks a layout that a caller states for an input of so many axes, for backends. @throws OPTION_INVALID. */
export function validateLayout(layout: Layout, rank: number): void {
  const fitting = LAYOUTS.filter((known) => known === 'N*' || known.length === rank);
  if (fitting.includes(layout)) return;
  throw new PellucidError('OPTION_INVALID', {
    option: 'layout', name: 'loadModel', expected: `one of ${fitting.join(', ')} for an input of ${rank} axes`, actual: String(layout),
  });
}

/** Channel count, spatial lengths and the strides between values, of one sample of a tensor with height and width. */
export interface ImageGeometry {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly channelStride: number;
  readonly pixelStride: number;
}

/**
 * How a batch of images lies in memory. Pixel p (row-major) of channel c of a sample is at `c * channelStride + p * pixelStride`.
 * @throws SHAPE_MISMATCH when the layout has no height and width.
 */
export function imageGeometry(shape: readonly number[], layout: Layout): ImageGeometry {
  const [, a, b, c] = shape;
  if (shape.length !== 4 || a === undefined || b === undefined || c === undefined || (layout !== 'NCHW' && layout !== 'NHWC')) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'tensor',
      expected: 'a batch of images, NCHW or NHWC',
      actual: `[${shape.join(', ')}] (${layout})`,
      help: 'This needs height and width; methods of gradients, and those over features such as `feature-ablation`, do not.',
    });
  }
  return layout === 'NCHW'
    ? { channels: a, height: b, width: c, channelStride: b * c, pixelStride: 1 }
    : { channels: c, height: a, width: b, channelStride: 1, pixelStride: c };
}

/** The shape of a batch of images with other channels or size, in the same layout. */
export function imageShape(layout: Layout, batch: number, channels: number, height: number, width: number): number[] {
  return layout === 'NHWC' ? [batch, height, width, channels] : [batch, channels, height, width];
}
