import { blank, type Pixels } from '../pixels.ts';
import { colourScale, isDiverging, type ScaleName } from './scales.ts';

/** Size and direction of a colour bar, in pixels. */
export interface ColourBarOptions {
  /** @defaultValue 256 */
  readonly length?: number | undefined;
  /** @defaultValue 16 */
  readonly thickness?: number | undefined;
  /** Horizontal bars grow to the right, vertical ones upwards. @defaultValue 'horizontal' */
  readonly direction?: 'horizontal' | 'vertical' | undefined;
}

/** The colours of a scale in order: from 0 to the range, or from minus the range to the range on a diverging scale. */
export function colourBar(scale: ScaleName, { length = 256, thickness = 16, direction = 'horizontal' }: ColourBarOptions = {}): Pixels {
  const colourOf = colourScale(scale);
  const lowest = isDiverging(scale) ? -1 : 0;
  const horizontal = direction === 'horizontal';
  const bar = horizontal ? blank(length, thickness) : blank(thickness, length);
  for (let pixel = 0; pixel < length * thickness; pixel++) {
    const x = pixel % bar.width;
    const y = (pixel - x) / bar.width;
    const share = (horizontal ? x : length - 1 - y) / Math.max(1, length - 1);
    bar.data.set(colourOf(lowest + (1 - lowest) * share), pixel * 4);
  }
  return bar;
}
