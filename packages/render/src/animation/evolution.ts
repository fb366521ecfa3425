import { PellucidError, type Layout, type Tensor } from '@pellucid/core';
import { chooseScale } from '../colour/scales.ts';
import { composeFigure } from '../figure/compose.ts';
import type { Figure } from '../figure/figure.ts';
import { isAroundZero, isCut, sharedRange } from '../map/normalise.ts';
import { heatMap, type HeatMapOptions } from '../picture/heat-map.ts';
import { greyscale } from '../picture/greyscale.ts';
import { overlay } from '../picture/overlay.ts';
import { enlarge, type Pixels } from '../pixels.ts';
import { describe } from '../text/describe.ts';

/** One moment of an evolution. */
export interface Moment {
  /** One map for each sample that is shown. */
  readonly values: Tensor;
  /** NCHW or NHWC. */
  readonly layout: Layout;
  /** Such as `epoch 3`. */
  readonly label: string;
}

/** How an evolution is shown. */
export interface EvolutionOptions extends HeatMapOptions {
  /** Which samples, side by side. @defaultValue [0] */
  readonly samples?: readonly number[] | undefined;
  /** What lies under the maps, one for each sample and of the maps' size; grey and pale below them. @defaultValue nothing */
  readonly images?: readonly Pixels[] | undefined;
  /** Pixels of the shorter side of a map, at least. @defaultValue 224 */
  readonly shorterSide?: number | undefined;
  /** Before each label. */
  readonly title?: string | undefined;
}

/** Frames of one size, and one text for all of them. */
export interface Evolution {
  readonly frames: readonly Figure[];
  readonly alternativeText: string;
}

function check(moments: readonly Moment[], samples: readonly number[], images: readonly Pixels[] | undefined): void {
  const refuse = (problem: string, help: string): never => {
    throw new PellucidError('REQUEST_INVALID', { action: 'show an evolution', problem, help });
  };
  if (moments.length === 0) refuse('there is no map', 'Give at least one moment.');
  if (samples.length === 0) refuse('no sample is named', 'Give at least one in `samples`.');
  if (images !== undefined && images.length !== samples.length) refuse(`there are ${images.length} images for ${samples.length} samples`, 'Give one for each.');
  const shape = moments[0]?.values.shape.slice(1).join(' x ');
  const other = moments.find(({ values }) => values.shape.slice(1).join(' x ') !== shape);
  if (other !== undefined) refuse(`the maps of \`${other.label}\` have ${other.values.shape.slice(1).join(' x ')} values, the first ${shape}`, 'Give maps of one shape.');
}

/**
 * The maps of a network while it learns, or of any other sequence, as the frames of an animation, all on one scale: what grows brighter has grown.
 * What writes files encodes the `figurePixels` of each frame.
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, OPTION_INVALID
 */
export function evolution(moments: readonly Moment[], options: EvolutionOptions = {}): Evolution {
  const { samples = [0], images, shorterSide = 224, title = '', ...drawing } = options;
  check(moments, samples, images);
  const { sign, low } = drawing;
  const scale = chooseScale(drawing.scale, isAroundZero(drawing));
  const maps = moments.flatMap(({ values, layout }) => samples.map((sample) => ({ values, layout, sample })));
  const range = drawing.range ?? sharedRange(maps, drawing);
  const cut = maps.some((map) => isCut(map, { low, range }, sign));
  const frames = moments.map(({ values, layout, label }) => {
    const row = samples.map((sample, i) => {
      const heat = heatMap(values, layout, sample, { ...drawing, scale, range, ...(images !== undefined && { opacity: drawing.opacity ?? 'magnitude' }) });
      const image = images?.[i];
      const picture = image === undefined ? heat : overlay(greyscale(image, { contrast: 0.5 }), heat, { alpha: 1 });
      return { picture: enlarge(picture, shorterSide), alternativeText: describe(values, layout, sample, { ...drawing, scale, range }) };
    });
    return composeFigure({ panels: [row], title: title === '' ? label : `${title}, ${label}`, legend: { scale, low, range, cut } });
  });
  const [first, last] = [frames[0]!, frames[frames.length - 1]!];
  const alternativeText = frames.length === 1 ? first.alternativeText : `Animation of ${frames.length} pictures. First: ${first.alternativeText} Last: ${last.alternativeText}`;
  return { frames, alternativeText };
}
