import { defineMetric, integerOption, type MetricFactory } from '@pellucid/core';
import { evidenceOption, maskedMaps, type EvidenceOptions, type MaskedMap } from './masked-maps.ts';

/** Options of the pointing game. */
export interface PointingGameOptions extends EvidenceOptions {
  /** A pixel within this distance of the object is a hit, in pixels; the paper takes 15 for photographs. @defaultValue 0 */
  readonly tolerance: number;
}

function isHit({ inside, height, width }: MaskedMap, pixel: number, tolerance: number): boolean {
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  for (let row = Math.max(y - tolerance, 0); row <= Math.min(y + tolerance, height - 1); row++) {
    for (let column = Math.max(x - tolerance, 0); column <= Math.min(x + tolerance, width - 1); column++) {
      if (inside[row * width + column] === 1 && (row - y) ** 2 + (column - x) ** 2 <= tolerance ** 2) return true;
    }
  }
  return false;
}

/**
 * Pointing game: 1 where the highest pixel lies on the object, else 0; of several highest pixels, the share that does. Higher is better, 0
 * to 1; NaN for an empty mask. No passes.
 * @see {@link https://arxiv.org/abs/1608.00507 | Zhang et al. 2016}
 * @throws REQUEST_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED.
 */
export const pointingGame: MetricFactory<PointingGameOptions> = defineMetric<PointingGameOptions>({
  name: 'pointing-game',
  title: 'Pointing game',
  category: 'localisation',
  direction: 'higher',
  equation: '1 where the highest pixel is on the object, or within `tolerance` pixels of it; of several highest the share.',
  range: [0, 1],
  cost: 'No passes.',
  noScore: 'The mask is empty.',
  limits: 'All but one pixel. Whether the network looks at the object at all.',
  paper: {
    authors: 'Zhang, Lin, Brandt, Shen, Sclaroff', year: 2016, title: 'Top-down Neural Attention by Excitation Backprop', url: 'https://arxiv.org/abs/1608.00507',
  },
  needsMask: true,
  options: {
    tolerance: integerOption(0, 0, 'A pixel within this distance of the object is a hit, in pixels.'),
    evidence: evidenceOption(),
  },
  score: (subject, { evidence, tolerance }, context) => Promise.resolve().then(() =>
    Float64Array.from(maskedMaps(subject, 'pointing-game', evidence, context), (masked) => {
      if (masked.area === 0) return NaN;
      const highest = masked.map.reduce((a, b) => Math.max(a, b), -Infinity);
      const peaks = [...masked.map.keys()].filter((pixel) => masked.map[pixel] === highest);
      return peaks.filter((pixel) => isHit(masked, pixel, tolerance)).length / peaks.length;
    })),
});
