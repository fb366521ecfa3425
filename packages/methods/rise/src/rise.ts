import {
  batchSize, defineMethod, imageGeometry, imageShape, integerOption, joinEstimates, numberOption, placesByTurns, sampleData, sampleSize, score, selectObjective,
  summariseDraws, zeros,
  type ImageGeometry, type MethodFactory, type OptionSpec, type Tensor,
} from '@pellucid/core';
import { drawMask, type MaskSettings } from './random-mask.ts';

/** How many masks, and of what kind. */
export interface RiseOptions extends MaskSettings {
  /** Random masks. @defaultValue 1000 */
  readonly samples: number;
}

const gridOption: OptionSpec<number> = integerOption(7, 1, 'Cells along each side of the coarse masks.');

/** Multiplies every channel of a sample by a mask. */
function applyMask(values: Float32Array, mask: Float32Array, { channels, channelStride, pixelStride }: ImageGeometry, result: Float32Array): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let p = 0; p < mask.length; p++) {
      const at = channel * channelStride + p * pixelStride;
      result[at] = values[at]! * mask[p]!;
    }
  }
}

/** What a mask adds to the map: itself by the score that it got. */
function weighMask(mask: Float32Array, score: number, probability: number, result: Float32Array): void {
  for (let p = 0; p < mask.length; p++) result[p] = (mask[p]! * score) / probability;
}

/**
 * RISE: random smooth masks weighted by the score that the masked image gets. One channel per map, in the input's layout and size, not negative for
 * probabilities, which the paper explains: ask for them with the request's `objective`. Needs no gradients.
 * @see {@link https://arxiv.org/abs/1806.07421 | Petsiuk et al. 2018}, equation 6
 */
export const rise: MethodFactory<never, RiseOptions> = defineMethod({
  name: 'rise',
  title: 'RISE',
  paper: {
    authors: 'Petsiuk, Das, Saenko',
    year: 2018,
    title: 'RISE: Randomized Input Sampling for Explanation of Black-box Models',
    url: 'https://arxiv.org/abs/1806.07421',
  },
  kind: 'local',
  needs: [],
  options: {
    samples: integerOption(1000, 1, 'Random masks.'),
    grid: gridOption,
    probability: numberOption(0.5, 1e-6, 1, 'Probability that a cell of a mask is open.'),
  },
  async explain(model, batch, { samples: draws, ...settings }, context) {
    const { input, layout, objective } = batch;
    const geometry = imageGeometry(input.shape, layout);
    const { height, width } = geometry;
    const samples = batchSize(input);

    const place = placesByTurns(sampleSize(input));

    const explainSample = (sample: number): ReturnType<typeof summariseDraws> => {
      const values = sampleData(input, sample);
      const draw = async (first: number, count: number): Promise<Tensor> => {
        const masked = { shape: [count, ...input.shape.slice(1)], data: place(count) };
        const masks = Array.from({ length: count }, (_, i) => drawMask(context.random(sample, `mask ${first + i}`), height, width, settings));
        masks.forEach((mask, i) => { applyMask(values, mask, geometry, sampleData(masked, i)); });
        const { logits } = await model.evaluate({ input: masked });
        const scores = score(selectObjective(objective, new Array<number>(count).fill(sample)), logits);
        const weighted = zeros(imageShape(layout, count, 1, height, width));
        masks.forEach((mask, i) => { weighMask(mask, scores[i]!, settings.probability, sampleData(weighted, i)); });
        return weighted;
      };
      return summariseDraws(context, { sample, samples, draws, draw });
    };

    const estimates = [];
    for (let sample = 0; sample < samples; sample++) estimates.push(await explainSample(sample));
    return joinEstimates(estimates);
  },
});
