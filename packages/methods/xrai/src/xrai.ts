import {
  batchSize, choiceOption, defineMethod, imageGeometry, imageShape, integerOption, numberOption, quadratureOption, quadratureRule, sampleData,
  throwIfAborted, zeros, type Layout, type MethodFactory, type Quadrature,
} from '@pellucid/core';
import { pathAttribution } from './path-attribution.ts';
import { rankFast, rankFull } from './rank-regions.ts';
import { LEAST_SHARE, regionsOf } from './segmentation/regions.ts';

/** How regions are attributed and chosen. */
export interface XraiOptions {
  /** Points on each of the two paths of integrated gradients. @defaultValue 100 */
  readonly steps: number;
  /** The rule for the integral. @defaultValue 'gausslegendre' */
  readonly quadrature: Quadrature;
  /** `full` weighs the regions anew after each choice; `fast` ranks them once, whatever they overlap. @defaultValue 'full' */
  readonly algorithm: 'full' | 'fast';
  /** The share of the image after which `full` ends; the rest becomes one region. @defaultValue 1 */
  readonly areaThreshold: number;
}

/** The greatest attribution over the channels of each pixel. */
function overChannels(attribution: Float64Array, shape: readonly number[], layout: Layout): Float64Array {
  const { channels, height, width, channelStride, pixelStride } = imageGeometry(shape, layout);
  return Float64Array.from({ length: height * width }, (_, p) => {
    let most = -Infinity;
    for (let channel = 0; channel < channels; channel++) most = Math.max(most, attribution[channel * channelStride + p * pixelStride]!);
    return most;
  });
}

/**
 * XRAI: regions of the image instead of pixels. Integrated gradients from a black and a white baseline are averaged over segments at six
 * scales, and the segments ranked by what they add. One signed channel, [N, 1, H, W] in the input's layout: the mean attribution of the region
 * that each pixel was first covered by.
 * @throws SHAPE_MISMATCH where the input has no height and width.
 * @see {@link https://arxiv.org/abs/1906.02825 | Kapishnikov et al. 2019}, algorithm 1
 */
export const xrai: MethodFactory<'gradient', XraiOptions> = defineMethod({
  name: 'xrai',
  title: 'XRAI',
  paper: {
    authors: 'Kapishnikov, Bolukbasi, Viégas, Terry', year: 2019, title: 'XRAI: Better Attributions Through Regions', url: 'https://arxiv.org/abs/1906.02825',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    steps: integerOption(100, 1, 'Points on each of the two paths of integrated gradients.'),
    quadrature: quadratureOption,
    algorithm: choiceOption(['full', 'fast'], 'full', 'Whether the regions are weighed anew after each choice, or ranked once.'),
    areaThreshold: numberOption(1, 0, 1, 'The share of the image after which the full algorithm ends; the rest becomes one region.'),
  },
  async explain(model, batch, { steps, quadrature, algorithm, areaThreshold }, context) {
    const { input, layout } = batch;
    const { height, width } = imageGeometry(input.shape, layout);
    const rule = quadratureRule(quadrature, steps, 'xrai');
    const samples = batchSize(input);
    const leastPixels = Math.max(1, Math.round(LEAST_SHARE * height * width));
    const values = zeros(imageShape(layout, samples, 1, height, width));
    for (let sample = 0; sample < samples; sample++) {
      const gradients = await pathAttribution(model, batch, sample, rule, context, (done) => {
        context.progress(2 * steps * sample + done, 2 * steps * samples);
      });
      throwIfAborted(context.signal, `the explanation of \`${model.name}\``);
      const ranking = { attribution: overChannels(gradients, input.shape, layout), regions: regionsOf(sampleData(input, sample), input.shape, layout), leastPixels };
      sampleData(values, sample).set(algorithm === 'full' ? rankFull(ranking, areaThreshold) : rankFast(ranking));
    }
    return { values };
  },
});
