import { PellucidError, suggestNames, type Layout, type Tensor } from '@pellucid/core';
import type { ScaleName } from '../colour/scales.ts';
import type { NormaliseOptions, Sign } from '../map/normalise.ts';
import { assertSameSize, type Pixels } from '../pixels.ts';
import { greyscale } from './greyscale.ts';
import { heatMap } from './heat-map.ts';
import { alphaScaledImage, maskedImage } from './masked-image.ts';
import { overlay } from './overlay.ts';

/** The five views of Captum's `visualize_image_attr`. */
export const VIEWS = ['alpha-scaling', 'blended-heat-map', 'heat-map', 'masked-image', 'original'] as const;

/** What is shown of an image and its map. */
export type View = (typeof VIEWS)[number];

/** How an image and its map are shown. */
export interface VisualiseOptions extends NormaliseOptions {
  /** @defaultValue 'blended-heat-map' */
  readonly view?: View | undefined;
  /** Masked images and alpha scaling need one that is not 'all', or `low`. @defaultValue 'all', or 'positive' in those two views */
  readonly sign?: Sign | undefined;
  /** @defaultValue as `heatMap` */
  readonly scale?: ScaleName | undefined;
  /** The map's share in a blended heat map. @defaultValue 0.5 */
  readonly alpha?: number | undefined;
}

/**
 * An image and its map as Captum's `visualize_image_attr` shows them: the heat map; the heat map over the image in grey (blended); the image alone;
 * the image darkened where the map is small (masked), or transparent there (alpha scaling). The map has the size of the image.
 * @see {@link https://captum.ai/api/utilities.html | Captum, visualize_image_attr}
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE, REQUEST_INVALID, OPTION_INVALID
 */
export function visualise(image: Pixels, values: Tensor, layout: Layout, sample: number, options: VisualiseOptions = {}): Pixels {
  const { view = 'blended-heat-map', sign, alpha = 0.5, scale, ...rest } = options;
  switch (view) {
    case 'original':
      return image;
    case 'masked-image':
      return maskedImage(image, values, layout, sample, { ...rest, sign });
    case 'alpha-scaling':
      return alphaScaledImage(image, values, layout, sample, { ...rest, sign });
    case 'heat-map':
    case 'blended-heat-map': {
      const heat = heatMap(values, layout, sample, { ...rest, sign, scale });
      assertSameSize(image, heat, 'attribution map');
      return view === 'heat-map' ? heat : overlay(greyscale(image), heat, { alpha });
    }
    default: {
      const unknown: never = view;
      const expected = `one of ${VIEWS.join(', ')}; ${suggestNames(String(unknown), VIEWS)}`;
      throw new PellucidError('OPTION_INVALID', { option: 'view', name: 'visualise', expected, actual: String(unknown) });
    }
  }
}
