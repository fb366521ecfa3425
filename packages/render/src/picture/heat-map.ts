import type { Layout, Tensor } from '@pellucid/core';
import { chooseScale, colourScale, type ScaleName } from '../colour/scales.ts';
import { isAroundZero, normaliseMap, type NormaliseOptions } from '../map/normalise.ts';
import { blank, type Pixels } from '../pixels.ts';

/** How a map becomes colours. */
export interface HeatMapOptions extends NormaliseOptions {
  /** Diverging for sign 'all' without `low`, else sequential. @defaultValue 'RdBu' (red is positive) or 'viridis' */
  readonly scale?: ScaleName | undefined;
  /** Whether small values are transparent, so that an overlay shows the image where the map has nothing to say. @defaultValue 'full' */
  readonly opacity?: 'full' | 'magnitude' | undefined;
}

/**
 * The heat map of one sample: channels summed, values normalised by cumulative mass, then coloured; one pixel per value. Zero is the
 * middle of a diverging scale and, without `low`, the beginning of a sequential one.
 * @param layout - NCHW or NHWC
 * @throws INPUT_NOT_FINITE, SHAPE_MISMATCH, REQUEST_INVALID, OPTION_INVALID
 */
export function heatMap(values: Tensor, layout: Layout, sample: number, options: HeatMapOptions = {}): Pixels {
  const { scale, opacity = 'full' } = options;
  const colourOf = colourScale(chooseScale(scale, isAroundZero(options)));
  const map = normaliseMap(values, layout, sample, options);
  const picture = blank(map.width, map.height);
  for (let pixel = 0; pixel < map.values.length; pixel++) {
    const value = map.values[pixel]!;
    const colour = colourOf(value);
    for (let channel = 0; channel < 3; channel++) picture.data[pixel * 4 + channel] = colour[channel]!;
    if (opacity === 'magnitude') picture.data[pixel * 4 + 3] = 255 * Math.abs(value);
  }
  return picture;
}
