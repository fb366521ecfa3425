import { defineMetric, imageGeometry, integerOption, sampleData, type ImageGeometry, type MetricFactory } from '@pellucid/core';
import { difference, euclideanNorm } from '../statistics/norms.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';
import { explainVariants, sameForAll } from '../subject/variants.ts';

/** Options of continuity. */
export interface ContinuityOptions {
  /** The image moves by 1 to this many pixels to each side; at most its width less one. @defaultValue 4 */
  readonly shift: number;
}

/** Moves an image to the right (negative: to the left); zeros come in. */
function translate(image: Float32Array, shift: number, { channels, height, width, channelStride, pixelStride }: ImageGeometry): Float32Array {
  const moved = new Float32Array(image.length);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const from = (pixel % width) - shift;
    if (from < 0 || from >= width) continue;
    for (let channel = 0; channel < channels; channel++) {
      const at = channel * channelStride;
      moved[at + pixel * pixelStride] = image[at + (pixel - shift) * pixelStride]!;
    }
  }
  return moved;
}

const manhattanNorm = (values: Float64Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0);

/**
 * Continuity: max over horizontal translations x' of ||a(x) - a(x')||_1 / ||x - x'||_2, zeros coming in. Lower is better, from 0; 0 for an
 * image that no translation changes. The map is not moved back, so that a method which follows the object pays for it. Two explanations per pixel of
 * shift.
 * @see {@link https://arxiv.org/abs/1706.07979 | Montavon et al. 2018}, section 6.1
 * @throws REQUEST_INVALID without `explain`; SHAPE_MISMATCH, INPUT_NOT_FINITE, TARGET_OUT_OF_RANGE, ABORTED, and what the method throws.
 */
export const continuity: MetricFactory<ContinuityOptions> = defineMetric<ContinuityOptions>({
  name: 'continuity',
  title: 'Continuity',
  category: 'robustness',
  direction: 'lower',
  equation: 'max over horizontal translations of ‖a(x) − a(x\')‖₁ / ‖x − x\'‖₂, zeros coming in; the map is not moved back.',
  range: [0, Infinity],
  cost: '2 × `shift` explanations.',
  limits: 'A map that follows the object pays for it.',
  paper: {
    authors: 'Montavon, Samek, Müller', year: 2018, title: 'Methods for Interpreting and Understanding Deep Neural Networks', url: 'https://arxiv.org/abs/1706.07979',
  },
  needsMask: false,
  needs: ['explanation'],
  options: { shift: integerOption(4, 1, 'The image moves by 1 to this many pixels to each side.') },
  score: async (subject, { shift }, context) => {
    validateSubject(subject);
    const explain = requirePart(subject, 'explain', 'continuity');
    const geometry = imageGeometry(subject.input.shape, subject.model.input.layout);
    const reach = Math.min(shift, geometry.width - 1);
    const shifts = Array.from({ length: reach }, (_, i) => [i + 1, -i - 1]).flat();
    const move = (sample: number, variant: number): Float32Array => translate(sampleData(subject.input, sample), shifts[variant]!, geometry);
    const maps = await explainVariants({ ...subject, explain }, sameForAll(subject, shifts.length), (sample, variant, image) => { image.set(move(sample, variant)); }, context);
    return Float64Array.from(maps, (moved, sample) => {
      const [map, image] = [sampleData(subject.values, sample), sampleData(subject.input, sample)];
      return moved.reduce((largest, other, variant) => {
        const distance = euclideanNorm(difference(image, move(sample, variant)));
        return distance === 0 ? largest : Math.max(largest, manhattanNorm(difference(map, other)) / distance);
      }, 0);
    });
  },
});
